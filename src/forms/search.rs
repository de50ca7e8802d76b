//! Finding a service by what people type. The services of one council are few: they are searched in memory.

use std::sync::Arc;

use super::services::{Listing, Published};
use crate::kernel::Language;

/// The services that fit best, best first. Every word typed must be the beginning of a word of the service, or nearly
/// a whole word of it (one letter wrong in five or more).
#[must_use]
pub fn search<'a>(services: &'a [Arc<Published>], language: Language, typed: &str) -> Vec<&'a Listing> {
    let wanted = words(typed);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(u32, &Listing)> = services
        .iter()
        .filter_map(|service| {
            let d = service.of(language);
            let fields = [
                (8, words(&d.noun)),
                (6, words(&d.name)),
                (4, d.keywords.iter().flat_map(|k| words(k)).collect()),
                (1, words(&d.summary)),
            ];
            let mut score = 0;
            for word in &wanted {
                score += fields
                    .iter()
                    .filter_map(|(weight, has)| has.iter().map(|h| fit(word, h) * weight).max())
                    .max()
                    .filter(|s| *s > 0)?;
            }
            Some((score, d))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    found.into_iter().map(|(_, service)| service).collect()
}

fn words(text: &str) -> Vec<String> {
    const SMALL: [&str; 15] =
        ["a", "an", "the", "i", "to", "my", "of", "on", "in", "for", "and", "or", "is", "has", "have"];
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty() && !SMALL.contains(w))
        .map(str::to_owned)
        .collect()
}

fn fit(typed: &str, has: &str) -> u32 {
    if typed == has {
        4
    } else if typed.len() >= 3 && (has.starts_with(typed) || typed.starts_with(has) && has.len() >= 3) {
        3
    } else if typed.chars().count() >= 5 && one_edit_apart(typed, has) {
        2
    } else {
        0
    }
}

/// One letter added, dropped, changed, or two neighbours swapped.
fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (ra, rb) = (&a[same..], &b[same..]);
    match (ra, rb) {
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([_, x @ ..], y) | (y, [_, x @ ..]) if x == y => true,
        ([x1, x2, x @ ..], [y1, y2, y @ ..]) => x1 == y2 && x2 == y1 && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::one_edit_apart;

    #[test]
    fn forgives_one_slip() {
        assert!(["pohtole", "pothol", "potthole", "pathole"].iter().all(|w| one_edit_apart(w, "pothole")));
        assert!(["pothole", "patholes", "hole"].iter().all(|w| !one_edit_apart(w, "pothole")));
    }
}
