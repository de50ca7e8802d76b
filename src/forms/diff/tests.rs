//! Each kind of change, and the sentence that tells it.

use super::*;

const OLD: &str = "
    kind = 'report'
    name = { en = 'Report a hole', cy = 'Rhoi gwybod am dwll' }
    noun = 'Hole'\nsummary = 'S'\nkeywords = ['a', 'b']\ntarget_working_days = 5\nretention_months = 24
    outcomes = ['Done']\nprivacy = { purpose = 'p', legal_basis = 'l' }\nconfirmation = { next = ['n'] }
    routing = { team = 'Streets', route = [{ when = { question = 'surface', is = 'road' }, team = 'Streets', because = 'b' }] }
    repeat = [{ id = 'people', title = 'People', item = 'Person', max = 5 }]
    [[page]]
    id = 'where'\ntitle = 'Where is the pothole?'
    question = [
      { id = 'road', type = 'text', label = 'Road name' },
      { id = 'surface', type = 'one_of', label = 'What is it in?', options = [{ value = 'road', label = 'The road' }, { value = 'path', label = { en = 'A path', cy = 'Llwybr' } }] },
    ]
    end = [{ id = 'path', when = { question = 'surface', is = 'path' }, title = 'Not us', text = ['Ask them.'] }]
    [[page]]
    id = 'seen'\ntitle = 'When?'
    question = [{ id = 'seen', type = 'date', label = 'When?', latest = 'today' }]
";

fn changes(edits: &[(&str, &str)]) -> Vec<String> {
    let new = edits.iter().fold(OLD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let read = |text: &str| Written::new("hole", toml::from_str(text).unwrap());
    diff(&read(OLD), &read(&new)).unwrap()
}

#[test]
fn each_change_is_said_in_words() {
    const PAGE: &str = "Page “Where is the pothole?”: ";
    assert_eq!(changes(&[]), [""; 0]);
    for (from, to, said) in [
        (
            "label = 'Road name'",
            "label = 'Road name', required = false",
            format!("{PAGE}the question “Road name” is no longer required."),
        ),
        (
            "label = 'Road name'",
            "label = 'Road'",
            format!("{PAGE}the question “Road”: the label was “Road name”, is “Road”."),
        ),
        (
            "type = 'text'",
            "type = 'long_text'",
            format!("{PAGE}the question “Road name”: the answer is a longer text instead of a line of text."),
        ),
        (
            "{ value = 'road', label = 'The road' },",
            "{ value = 'road', label = 'The road' }, { value = 'kerb', label = 'A kerb' },",
            format!("{PAGE}the question “What is it in?” has the new option “A kerb”."),
        ),
        (
            "cy = 'Llwybr'",
            "cy = 'Y llwybr'",
            format!("{PAGE}the question “What is it in?”: the option path in Welsh was “Llwybr”, is “Y llwybr”."),
        ),
        (
            "text = ['Ask them.']",
            "text = ['Ask him.']",
            format!("{PAGE}the end “Not us” said “Not us / Ask them.”, says “Not us / Ask him.”."),
        ),
        (
            "cy = 'Rhoi gwybod am dwll'",
            "cy = 'Dweud am dwll'",
            "The name in Welsh was “Rhoi gwybod am dwll”, is “Dweud am dwll”.".to_owned(),
        ),
        (
            "is = 'road' }, team = 'Streets'",
            "is = 'road' }, team = 'Highways'",
            "It goes to Highways instead of Streets when “What is it in?” is “The road”.".to_owned(),
        ),
        (
            "routing = { team = 'Streets'",
            "routing = { team = 'Highways'",
            "It goes to Highways instead of Streets when nothing else holds.".to_owned(),
        ),
        (
            "latest = 'today'",
            "latest = 'today-1'",
            "Page “When?”: the question “When?”: the last day is 1 day before today instead of today.".to_owned(),
        ),
        (
            "title = 'When?'",
            "title = 'When?'\nwhen = { question = 'surface', is = 'road' }",
            "Page “When?”: the page now comes only when “What is it in?” is “The road”.".to_owned(),
        ),
        (
            "retention_months = 24",
            "retention_months = 12",
            "The retention after closing is 12 months instead of 24 months.".to_owned(),
        ),
        ("max = 5", "max = 9", "List “People”: the most there may be is 9 instead of 5.".to_owned()),
        ("keywords = ['a', 'b']", "keywords = ['b', 'a']", "The words for search: the order changed.".to_owned()),
    ] {
        assert_eq!(changes(&[(from, to)]), [said]);
    }
}

#[test]
fn pages_that_come_go_and_change_places_are_told_apart() {
    let added = changes(&[(
        "[[page]]\n    id = 'seen'",
        "[[page]]\n    id = 'who'\ntitle = 'Who?'\nquestion = [{ id = 'who', type = 'name', label = 'Name', required = false }]\n[[page]]\n    id = 'seen'",
    )]);
    assert_eq!(
        added,
        [
            "New page “Who?” after “Where is the pothole?”.",
            "Page “Who?”: new question “Name”, which need not be answered.",
        ]
    );
    let gone = changes(&[("id = 'seen'\ntitle = 'When?'", "id = 'other'\ntitle = 'When?'")]);
    assert_eq!(
        gone,
        [
            "New page “When?” after “Where is the pothole?”.",
            "Page “When?”: the question “When?” comes here from the page “When?”.",
            "The page “When?” is gone.",
        ]
    );
    let english = changes(&[
        ("name = { en = 'Report a hole', cy = 'Rhoi gwybod am dwll' }", "name = 'Report a hole'"),
        ("{ en = 'A path', cy = 'Llwybr' }", "'A path'"),
    ]);
    assert_eq!(english, ["It is no longer in Welsh."]);
}
