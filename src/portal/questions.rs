//! A question as its template shows it: the markup of the GOV.UK Design System, from the definition and what was typed.

use super::offer::Offer;
use crate::forms::{
    AddressBy, Attached, ContactRole, FieldError, Page, Question, QuestionType, Raw, SafeWay, address_by,
};
use crate::kernel::contact;
use crate::site::Texts;

/// A question with what was typed and what is wrong with it.
pub(super) struct QuestionView {
    pub id: String,
    pub kind: QuestionType,
    pub label: String,
    pub hint: Option<String>,
    /// The page has just this question, so that it is the page's heading.
    pub heading: bool,
    pub fields: Vec<FieldView>,
    pub options: Vec<OptionView>,
    pub error: Option<String>,
    pub longest: usize,
    pub unit: Option<String>,
    /// A sealed answer is there already, and is kept where nothing is typed.
    pub kept: bool,
    /// What was added.
    pub files: Vec<Attached>,
    /// How many files there may be.
    pub most_files: usize,
    /// Only pictures will do.
    pub photos_only: bool,
    /// How an address is being given.
    pub by: Option<AddressBy>,
    /// The postcode of the addresses that are offered.
    pub postcode: Option<String>,
    /// The same as it was typed.
    pub typed_postcode: String,
    /// Whether the council has addresses to choose from.
    pub has_addresses: bool,
    /// Where to tell it instead.
    pub elsewhere: Option<Elsewhere>,
}

/// Another council's front page.
#[derive(Clone)]
pub(super) struct Elsewhere {
    pub name: String,
    pub url: String,
}

/// One input.
pub(super) struct FieldView {
    pub name: String,
    pub label: String,
    pub value: String,
    pub width: &'static str,
    pub autocomplete: &'static str,
    pub numeric: bool,
    pub wrong: bool,
}

/// One thing that can be chosen.
pub(super) struct OptionView {
    /// The first option has the question's own id, so that the error summary reaches it.
    pub id: String,
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
    pub checked: bool,
    pub exclusive: bool,
}

/// A line of the error summary.
pub(super) struct Mistake {
    pub field: String,
    pub words: String,
}

impl QuestionView {
    /// What `aria-describedby` names.
    pub(super) fn described_by(&self) -> String {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// What a file input offers: also what makes telephones give a JPEG of what they keep otherwise.
    pub(super) fn accept(&self) -> &'static str {
        if self.photos_only { "image/jpeg,image/png" } else { "image/jpeg,image/png,.pdf,.docx,.odt" }
    }

    /// Whether it asks for a postcode to look for.
    pub(super) fn finds(&self) -> bool {
        self.by == Some(AddressBy::Postcode)
    }

    /// Whether it is so long that it is searched, where scripts run.
    pub(super) fn is_searched(&self) -> bool {
        self.options.len() > LONG_LIST
    }

    /// Its only input, for the kinds that have one.
    pub(super) fn field(&self) -> &FieldView {
        &self.fields[0]
    }
}

/// A drop-down with more options is searched rather than read through.
const LONG_LIST: usize = 10;

/// What is wrong, in words.
pub(super) fn mistakes(t: Texts, errors: &[FieldError]) -> Vec<Mistake> {
    errors.iter().map(|e| Mistake { field: e.field.clone(), words: say(t, e) }).collect()
}

fn say(t: Texts, error: &FieldError) -> String {
    let variables: Vec<(&str, &str)> = error.variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    t.with(error.key, &variables)
}

/// The questions of a page.
/// `prefix` is what their fields' names begin with.
pub(super) fn views(
    t: Texts,
    page: &Page,
    prefix: &str,
    raw: &Raw,
    errors: &[FieldError],
    offer: &Offer,
) -> Vec<QuestionView> {
    let alone = page.questions.len() == 1 && page.text.is_empty() && prefix.is_empty();
    page.questions.iter().map(|q| view(t, q, alone && q.label == page.title, (prefix, raw), errors, offer)).collect()
}

fn view(
    t: Texts,
    question: &Question,
    heading: bool,
    (prefix, raw): (&str, &Raw),
    errors: &[FieldError],
    offer: &Offer,
) -> QuestionView {
    let id = format!("{prefix}{}", question.id);
    let error = errors.iter().find(|e| e.question == question.id);
    let label = if question.required {
        question.label.clone()
    } else {
        t.one("form-optional", "question", question.label.as_str())
    };
    let is_there = question
        .fields()
        .iter()
        .any(|f| raw.get(&format!("{prefix}{f}")).is_some_and(|v| v.iter().any(|v| !v.is_empty())));
    // A sealed answer that was taken is not shown again.
    let kept = question.kind.is_sealed() && is_there && error.is_none();
    let typed = |field: &str| match raw.get(field) {
        Some(values) => values.first().filter(|_| !kept).cloned().unwrap_or_default(),
        None => offer.hers(question).unwrap_or_default().to_owned(),
    };
    let by = (question.kind == QuestionType::Address).then(|| match address_by(raw, &id) {
        Some(AddressBy::Unknown) => AddressBy::Postcode,
        by => by.unwrap_or(AddressBy::Hand),
    });
    let fields = question
        .fields()
        .into_iter()
        .filter(|field| by.is_none_or(|by| parts(by).iter().any(|part| field.ends_with(part))))
        .map(|field| {
            let part = field.strip_prefix(&question.id).unwrap_or_default();
            let name = format!("{prefix}{field}");
            let (label, width, autocomplete) = look(t, question, (part, by), &label);
            FieldView {
                value: typed(&name),
                label,
                width,
                autocomplete,
                numeric: matches!(question.kind, QuestionType::Date | QuestionType::Number)
                    || matches!(part, "-sort" | "-account"),
                wrong: error.is_some_and(|e| e.field == name),
                name,
            }
        })
        .collect();
    let part = match question.kind {
        QuestionType::SafeContact => "-way",
        QuestionType::Address => "-uprn",
        _ => "",
    };
    let chosen = raw.get(&format!("{id}{part}")).filter(|_| !kept).cloned().unwrap_or_default();
    let yes_no = [("yes", "forms-yes"), ("no", "forms-no")].map(|(v, key)| (v.to_owned(), t.get(key), None));
    let offered: Vec<(String, String, Option<String>)> = match question.kind {
        QuestionType::YesNo => yes_no.to_vec(),
        QuestionType::Declaration => vec![("yes".to_owned(), question.label.clone(), None)],
        QuestionType::SafeContact => SafeWay::ALL
            .into_iter()
            .map(|way| (way.word().to_owned(), t.get(&format!("forms-safe-{}", way.word())), None))
            .collect(),
        QuestionType::Address => {
            let found = offer.addresses.get(&id).into_iter().flatten();
            found.map(|address| (address.uprn.to_string(), address.short(), None)).collect()
        }
        _ => question.options.iter().map(|o| (o.value.clone(), o.label.clone(), o.hint.clone())).collect(),
    };
    let options = offered
        .into_iter()
        .enumerate()
        .map(|(n, (value, label, hint))| OptionView {
            id: if n == 0 { format!("{id}{part}") } else { format!("{id}{part}-{}", n + 1) },
            checked: chosen.contains(&value),
            exclusive: question.options.iter().any(|o| o.exclusive && o.value == value),
            value,
            label,
            hint,
        })
        .collect();
    QuestionView {
        kept,
        kind: question.kind,
        label,
        hint: question.hint.clone(),
        heading,
        fields,
        options,
        error: error.map(|e| say(t, e)),
        longest: question.longest(),
        unit: question.unit.clone(),
        files: raw.get(&id).into_iter().flatten().filter_map(|value| Attached::read(value)).collect(),
        most_files: question.most_files(),
        photos_only: question.photos_only,
        postcode: by.and_then(|_| contact::postcode(&typed(&format!("{id}-find")))),
        typed_postcode: typed(&format!("{id}-find")),
        by,
        has_addresses: offer.has_addresses,
        elsewhere: offer.elsewhere.get(&question.id).cloned(),
        id,
    }
}

/// The fields that are shown while an address is given in one way.
fn parts(by: AddressBy) -> &'static [&'static str] {
    match by {
        AddressBy::Postcode | AddressBy::Unknown => &["-find", "-house"],
        AddressBy::List => &["-uprn"],
        AddressBy::Hand => &["-line1", "-line2", "-town", "-postcode"],
        AddressBy::Abroad => &["-line1", "-line2", "-town", "-country"],
    }
}

/// Label, width class and autocomplete token of one input (WCAG 2.2, 1.3.5).
fn look(
    t: Texts,
    question: &Question,
    (part, by): (&str, Option<AddressBy>),
    label: &str,
) -> (String, &'static str, &'static str) {
    match (question.kind, part) {
        (QuestionType::Date, "-day") => (t.get("form-date-day"), "govuk-input--width-2", ""),
        (QuestionType::Date, "-month") => (t.get("form-date-month"), "govuk-input--width-2", ""),
        (QuestionType::Date, _) => (t.get("form-date-year"), "govuk-input--width-4", ""),
        (QuestionType::Address, "-line1") => (t.get("form-address-line1"), "", "address-line1"),
        (QuestionType::Address, "-line2") => (t.get("form-address-line2"), "", "address-line2"),
        (QuestionType::Address, "-find") => {
            (t.get("form-address-find-postcode"), "govuk-input--width-10", "postal-code")
        }
        (QuestionType::Address, "-house") => (t.get("form-address-house"), "govuk-!-width-one-half", ""),
        (QuestionType::Address, "-uprn") => (t.get("form-address-select"), "", ""),
        (QuestionType::Address, "-country") => {
            (t.get("form-address-country"), "govuk-!-width-two-thirds", "country-name")
        }
        (QuestionType::Address, "-town") if by == Some(AddressBy::Abroad) => {
            (t.get("form-address-town-abroad"), "govuk-!-width-two-thirds", "address-level2")
        }
        (QuestionType::Location, "-postcode") => (t.get("form-location-postcode"), "govuk-input--width-10", ""),
        (QuestionType::Address, "-town") => (t.get("form-address-town"), "govuk-!-width-two-thirds", "address-level2"),
        (QuestionType::Address, _) => (t.get("form-address-postcode"), "govuk-input--width-10", "postal-code"),
        (QuestionType::Number, _) => (label.to_owned(), "govuk-input--width-5", ""),
        (QuestionType::Money, _) => (label.to_owned(), "govuk-input--width-10", ""),
        (QuestionType::Time, _) => (label.to_owned(), "govuk-input--width-5", ""),
        (QuestionType::Vehicle | QuestionType::NationalInsurance, _) => (label.to_owned(), "govuk-input--width-10", ""),
        (QuestionType::Web, _) => (label.to_owned(), "", "url"),
        (QuestionType::Name, _) => (label.to_owned(), "", "name"),
        (QuestionType::Bank, "-name") => (t.get("form-bank-name"), "", ""),
        (QuestionType::Bank, "-sort") => (t.get("form-bank-sort"), "govuk-input--width-5", ""),
        (QuestionType::Bank, _) => (t.get("form-bank-account"), "govuk-input--width-10", ""),
        (QuestionType::SafeContact, "-to") => (t.get("form-safe-to"), "", ""),
        (QuestionType::SafeContact, "-hours") => (t.get("form-safe-hours"), "", ""),
        (QuestionType::SafeContact, "-voicemail") => (t.get("form-safe-voicemail"), "", ""),
        (QuestionType::SafeContact, "-code") => (t.get("form-safe-code"), "govuk-input--width-20", ""),
        (QuestionType::Email, _) => (label.to_owned(), "", "email"),
        (QuestionType::Telephone, _) => (label.to_owned(), "govuk-input--width-20", "tel"),
        _ if question.contact == Some(ContactRole::Name) => (label.to_owned(), "", "name"),
        _ => (label.to_owned(), "", ""),
    }
}
