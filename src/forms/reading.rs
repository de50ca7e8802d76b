//! How easily a service's texts are read. For English the Flesch reading ease (Flesch, "A new readability yardstick", 1948),
//! which counts words a sentence and syllables a word; for Welsh no such formula was ever validated, so that only sentences
//! are measured. `docs/decisions/0010-reading-ease.md` says where the floor comes from.

use crate::kernel::Language;
use crate::kernel::document::{Faults, Node, Place, Table, Value};

/// What English texts must reach, in tenths: Flesch's "easy", read at 11 or 12 years of age.
pub const FLOOR: i64 = 800;
/// What they should reach: his "very easy", the nearest to the reading age of nine that GOV.UK writes for.
pub const AIM: i64 = 900;
/// Flesch's samples were of a hundred words: fewer say nothing.
const SAMPLE: i64 = 100;
/// From so many words on a text without a stop is read as a sentence all the same.
const LABEL: usize = 8;
/// How many sentences a report names.
const HARDEST: usize = 3;

/// How the texts of a service read in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which.
    pub language: Language,
    /// Words in them.
    pub words: i64,
    /// Sentences in all; a label of a few words is none.
    pub sentences: i64,
    /// The Flesch reading ease in tenths, from 0 (hard) to 1000 (easy); none where no formula is valid, or too few words.
    pub ease: Option<i64>,
    /// The hardest sentences first: by the formula, or else the longest.
    pub hardest: Vec<Sentence>,
}

/// One sentence and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where its text begins.
    pub place: Place,
    /// What it says.
    pub text: String,
    /// Its words.
    pub words: i64,
    /// Its own reading ease in tenths, which may be below 0; none where no formula is valid.
    pub ease: Option<i64>,
}

impl Reading {
    /// Words a sentence, in tenths.
    #[must_use]
    pub fn average(&self) -> i64 {
        if self.sentences == 0 { 0 } else { self.words * 10 / self.sentences }
    }
}

/// Adds a mistake if the English is hard to read, at the sentence that is hardest.
pub(super) fn check(file: &Table, faults: &mut Faults<'_>) {
    let found = reading(file, Language::En);
    let (Some(ease), Some(hardest)) = (found.ease.filter(|ease| *ease < FLOOR), found.hardest.first()) else { return };
    let what = format!(
        "the English is too hard to read: its reading ease is {}, and {} is the least; shorten sentences and take shorter \
         words, first of all here: \"{}\"",
        tenths(ease),
        tenths(FLOOR),
        hardest.text
    );
    faults.add(hardest.place, what);
}

/// `61.5`, from tenths.
#[must_use]
pub fn tenths(number: i64) -> String {
    format!("{}{}.{}", if number < 0 { "-" } else { "" }, number.abs() / 10, number.abs() % 10)
}

/// Measures what citizens read of a service's file in a language.
#[must_use]
pub fn reading(file: &Table, language: Language) -> Reading {
    let formula = language == Language::En;
    let mut sentences: Vec<Sentence> = Vec::new();
    let (mut words, mut syllables) = (0, 0);
    for (text, place) in texts(file, language) {
        for sentence in split(text) {
            let found: Vec<&str> =
                sentence.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).collect();
            // A label or a heading of a few words is no sentence: counted as one it would make any service look easy.
            let is_sentence = sentence.trim_end().ends_with(['.', '!', '?']) || found.len() >= LABEL;
            if found.is_empty() || !is_sentence {
                continue;
            }
            let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
            let spoken: i64 = found.iter().map(|word| syllables_of(word)).sum();
            words += count;
            syllables += spoken;
            let ease = formula.then(|| flesch(count, 1, spoken));
            sentences.push(Sentence { place, text: sentence.trim().to_owned(), words: count, ease });
        }
    }
    let number = i64::try_from(sentences.len()).unwrap_or(i64::MAX);
    let ease = (formula && words >= SAMPLE).then(|| flesch(words, number, syllables));
    let mut hardest: Vec<Sentence> = sentences.iter().filter(|s| s.words >= 6).cloned().collect();
    hardest.sort_by_key(|s| (s.ease.unwrap_or(-s.words), s.place));
    hardest.truncate(HARDEST);
    if hardest.is_empty() {
        hardest.extend(sentences.into_iter().max_by_key(|s| s.words));
    }
    Reading { language, words, sentences: number, ease, hardest }
}

/// 206.835 − 1.015 × words a sentence − 84.6 × syllables a word, in tenths.
fn flesch(words: i64, sentences: i64, syllables: i64) -> i64 {
    (206_835 - 1_015 * words / sentences.max(1) - 84_600 * syllables / words.max(1)) / 100
}

/// Everything that a citizen reads in sentences. The law is left out: an Act has the name that it has.
fn texts(file: &Table, language: Language) -> Vec<(&str, Place)> {
    let mut found = Vec::new();
    collect(file, &["summary"], language, &mut found);
    for (section, key) in [("privacy", "purpose"), ("confirmation", "next")] {
        if let Some(section) = file.table(section) {
            collect(section, &[key], language, &mut found);
        }
    }
    for page in file.tables("page") {
        collect(page, &["title", "text"], language, &mut found);
        for question in page.tables("question") {
            // The heading of a page with one question is the question.
            let keys: &[&str] =
                if question.text("label") == page.text("title") { &["hint"] } else { &["label", "hint"] };
            collect(question, keys, language, &mut found);
            for option in question.tables("options") {
                collect(option, &["label", "hint"], language, &mut found);
            }
        }
        for end in page.tables("end") {
            collect(end, &["title", "text"], language, &mut found);
        }
    }
    found
}

fn collect<'a>(table: &'a Table, keys: &[&str], language: Language, found: &mut Vec<(&'a str, Place)>) {
    for node in keys.iter().filter_map(|key| table.get(key)) {
        match &node.value {
            Value::List(items) => found.extend(items.iter().filter_map(|item| wording(item, language))),
            _ => found.extend(wording(node, language)),
        }
    }
}

/// A text in a language: a plain text is English.
fn wording(node: &Node, language: Language) -> Option<(&str, Place)> {
    match &node.value {
        Value::Text(text) if language == Language::En => Some((text, node.place)),
        Value::Table(by_language) => by_language.get(language.code()).and_then(|node| Some((node.text()?, node.place))),
        _ => None,
    }
}

/// The sentences of a text: a full stop within an address or a number ends none.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = rest.match_indices(['.', '!', '?', ':']).map(|(at, mark)| at + mark.len());
        let end = ends.into_iter().find(|at| rest[*at..].starts_with(char::is_whitespace)).unwrap_or(rest.len());
        let (sentence, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(sentence)
    })
}

/// How many syllables an English word has, by its letters: groups of vowels, but for those that are silent.
fn syllables_of(word: &str) -> i64 {
    let letters: Vec<char> = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let mut count = 0;
    let mut before = false;
    for letter in &letters {
        count += i64::from(vowel(*letter) && !before);
        before = vowel(*letter);
    }
    let word: String = letters.iter().collect();
    let stem = |ending: &str| word.strip_suffix(ending).and_then(|stem| stem.chars().last());
    let silent = match () {
        // "home", not "the" nor "table"
        () if word.ends_with('e') => stem("e").is_some_and(|c| !vowel(c) && c != 'l') || stem("le").is_some_and(vowel),
        // "homes", not "buses"
        () if word.ends_with("es") => {
            stem("es").is_some_and(|c| !vowel(c) && !matches!(c, 's' | 'x' | 'z' | 'c' | 'g' | 'h' | 'l'))
        }
        // "moved", not "wanted"
        () if word.ends_with("ed") => stem("ed").is_some_and(|c| !vowel(c) && !matches!(c, 't' | 'd')),
        () => false,
    };
    (count - i64::from(silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::document;

    #[test]
    fn syllables_are_those_that_are_heard() {
        for (word, heard) in [
            ("road", 1),
            ("the", 1),
            ("home", 1),
            ("homes", 1),
            ("table", 2),
            ("moved", 1),
            ("wanted", 2),
            ("council", 2),
            ("pothole", 2),
            ("apply", 2),
            ("receive", 2),
            ("buses", 2),
            ("whole", 1),
            ("999", 1),
            ("information", 4),
            ("don’t", 1),
            ("you", 1),
        ] {
            assert_eq!(syllables_of(word), heard, "{word}");
        }
    }

    #[test]
    fn a_stop_within_an_address_or_a_number_ends_no_sentence() {
        let sentences: Vec<&str> = split("Go to www.gov.uk/vote now. It costs £12.50! Why?").collect();
        assert_eq!(sentences, ["Go to www.gov.uk/vote now.", "It costs £12.50!", "Why?"]);
    }

    #[test]
    fn the_formula_is_flesch_s() {
        // 100 words in 10 sentences with 130 syllables: 206.835 - 10.15 - 109.98.
        assert_eq!(flesch(100, 10, 130), 867);
        assert_eq!((tenths(867), tenths(-5)), ("86.7".to_owned(), "-0.5".to_owned()));
    }

    fn file(summary: &str) -> Table {
        let text = format!(
            "summary = {{ en = \"{}\", cy = \"Rhowch wybod i ni am dwll. Diolch.\" }}\n[privacy]\npurpose = \"to mend it\"\n\
             legal_basis = \"the Notwithstanding Characteristics Consolidation Regulations\"\n",
            summary.repeat(20)
        );
        document::read(&text, &mut Faults::of("x.toml")).unwrap()
    }

    #[test]
    fn hard_english_is_a_mistake_at_its_hardest_sentence() {
        let faults = |file: &Table| {
            let mut faults = Faults::of("x.toml");
            check(file, &mut faults);
            faults.into_mistakes()
        };
        let easy = file("We mend the hole in your road. You need do no more than tell us. ");
        assert_eq!(faults(&easy), []);
        let hard = file("Notification necessitates identification of the infrastructure characteristics. ");
        let found = faults(&hard);
        assert!(found[0].what.contains("too hard to read") && found[0].place.line == 1, "{found:?}");
        assert!(!found[0].what.contains("Notwithstanding"), "the law is left out");

        let welsh = reading(&easy, Language::Cy);
        assert_eq!((welsh.ease, welsh.sentences, welsh.words), (None, 2, 7));
        assert_eq!(welsh.hardest[0].text, "Rhowch wybod i ni am dwll.");
    }
}
