//! What somebody reads before a service goes live: what was proved of it, who answers for its texts, and how they read.

use std::fmt;

use super::reading::{AIM, FLOOR, Reading, Sentence, reading, tenths};
use super::written::Written;
use crate::kernel::Language;
use crate::kernel::document::{self, Faults, Mistake};

/// One service's report. Whoever prints it sees all there is.
#[derive(Debug)]
pub struct Report {
    path: String,
    name: String,
    pages: usize,
    retention_months: u16,
    claimed: Vec<Language>,
    /// Who answers for each language that is claimed; nobody is `None`.
    reviewed: Vec<(Language, Option<String>)>,
    readings: Vec<Reading>,
    /// What keeps it from going live.
    pub mistakes: Vec<Mistake>,
}

/// Reports on the text of a service's file, whose council claims these languages. Pure.
#[must_use]
pub fn report(path: &str, text: &str, claimed: &[Language]) -> Report {
    let mut faults = Faults::of(path);
    faults.claim(claimed.iter().copied());
    let file = document::read(text, &mut faults);
    if let Some(file) = &file {
        super::check(file, &mut faults);
    }
    let written = toml::from_str(text).ok().map(|value| Written::new("", value));
    let definition = written.as_ref().and_then(|written| written.read(Language::En).ok());
    let reviewed = |language: &Language| {
        let by = definition.as_ref().and_then(|d| d.reviewed_by.get(language.code()).cloned());
        (*language, by)
    };
    Report {
        path: path.to_owned(),
        name: definition.as_ref().map(|d| d.name.clone()).unwrap_or_default(),
        pages: definition.as_ref().map_or(0, |d| d.pages.len()),
        retention_months: definition.as_ref().map_or(0, |d| d.retention_months),
        reviewed: claimed.iter().map(reviewed).collect(),
        readings: file.map(|file| claimed.iter().map(|l| reading(&file, *l)).collect()).unwrap_or_default(),
        claimed: claimed.to_vec(),
        mistakes: faults.into_mistakes(),
    }
}

fn name(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Cy => "Welsh",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.path, self.name)?;
        if self.mistakes.is_empty() {
            let languages: Vec<&str> = self.claimed.iter().map(|language| name(*language)).collect();
            writeln!(
                f,
                "  proved    each of its {} pages can be come to, every way ends, no condition is idle",
                self.pages
            )?;
            writeln!(f, "  texts     complete in {}", languages.join(" and "))?;
            writeln!(f, "  privacy   purpose, law and retention ({} months) are named", self.retention_months)?;
        } else {
            writeln!(f, "  DOES NOT GO LIVE")?;
            for mistake in &self.mistakes {
                writeln!(f, "  {mistake}")?;
            }
        }
        for (language, by) in &self.reviewed {
            match by {
                Some(by) => writeln!(f, "  reviewed  {} by {by}", name(*language))?,
                None if *language == Language::Cy => {
                    writeln!(f, "  reviewed  Welsh by nobody who is named: only a demonstration may show it")?;
                }
                None => writeln!(f, "  reviewed  {} by nobody who is named", name(*language))?,
            }
        }
        self.readings.iter().try_for_each(|reading| self.reading(f, reading))
    }
}

impl Report {
    fn reading(&self, f: &mut fmt::Formatter<'_>, found: &Reading) -> fmt::Result {
        let average = format!("{} words a sentence, {} words in all", tenths(found.average()), found.words);
        match (found.language, found.ease) {
            (_, Some(ease)) => {
                let (ease, least, aim) = (tenths(ease), tenths(FLOOR), tenths(AIM));
                writeln!(f, "  reads     {ease} of 100, at least {least}, better {aim} ({average})")?;
            }
            (Language::En, None) => writeln!(f, "  reads     too few words to say ({average})")?,
            (Language::Cy, None) => writeln!(f, "  reads     no formula is validated for Welsh ({average})")?,
        }
        let which = if found.language == Language::En { "hardest" } else { "longest" };
        for Sentence { place, text, words, ease } in &found.hardest {
            let ease = ease.map_or_else(String::new, |ease| format!(", {}", tenths(ease)));
            writeln!(f, "    {which} {}:{}: {text} ({words} words{ease})", self.path, place.line)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "tenants/hartsmoor/services/pothole.toml";

    #[test]
    fn a_report_names_what_was_proved_who_reviewed_and_what_is_hardest() {
        let text = std::fs::read_to_string(PATH).unwrap();
        let right = report(PATH, &text, &Language::ALL);
        assert_eq!(right.mistakes, []);
        let said = right.to_string();
        for words in [
            "complete in English and Welsh",
            "retention (24 months)",
            "Welsh by nobody who is named: only a demonstration",
            "no formula is validated for Welsh",
            "    hardest tenants/hartsmoor/services/pothole.toml:",
            "    longest tenants/hartsmoor/services/pothole.toml:",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        // A page that nobody comes to, a text that is missing in Welsh.
        let broken =
            text.replacen("type = \"one_of\"", "type = \"one_of\"\nwhen = { question = \"road\", is = \"x\" }", 1);
        let wrong = report(PATH, &broken, &Language::ALL);
        assert!(wrong.to_string().contains("DOES NOT GO LIVE\n  tenants/hartsmoor/services/pothole.toml:"));
    }
}
