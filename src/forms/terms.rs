//! The words of a text as search compares them: without marks, endings and, in Welsh, mutations; and what ordinary words
//! mean in a council's.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::kernel::Language;

/// What stands for an initial consonant and all that Welsh changes it into. No text has these letters once it is folded.
const LIPS: char = 'B';
const TEETH: char = 'D';
const THROAT: char = 'G';

/// What somebody looks for: one of several terms, each with how near it is to what was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The terms, with how much one of them counts, of [`WHOLE`].
    pub terms: Vec<(String, u32)>,
    /// Whether finding it says something by itself: `report` and `council` stand everywhere.
    pub is_telling: bool,
    /// Whether it was typed, or only follows from what was.
    pub is_typed: bool,
    /// Whether it is the last word, which may not be typed to its end yet.
    pub is_last: bool,
}

/// What a term counts that was typed as it stands.
pub(super) const WHOLE: u32 = 8;
/// What a term counts that follows from ordinary words.
const MEANT: u32 = 6;
/// So many words of a search are read.
const MOST_WORDS: usize = 12;

/// The committed words of one language.
struct Lexicon {
    small: BTreeSet<String>,
    weak: BTreeSet<String>,
    /// By their first term.
    phrases: HashMap<String, Vec<Phrase>>,
}

/// The rest of a phrase, and what it means.
type Phrase = (Vec<String>, Vec<String>);

static ENGLISH: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::read(Language::En, include_str!("ordinary_words/en.txt")));
static WELSH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(Language::Cy, include_str!("ordinary_words/cy.txt")));

fn lexicon(language: Language) -> &'static Lexicon {
    match language {
        Language::En => &ENGLISH,
        Language::Cy => &WELSH,
    }
}

impl Lexicon {
    /// A line is `small: words`, `weak: words`, or `phrase, phrase = what they mean`; `#` begins a comment.
    fn read(language: Language, text: &str) -> Lexicon {
        let mut all = Lexicon { small: BTreeSet::new(), weak: BTreeSet::new(), phrases: HashMap::new() };
        let stems = |text: &str| plain(text).iter().map(|word| stem(language, word)).collect::<Vec<_>>();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(words) = line.strip_prefix("small:") {
                all.small.extend(plain(words));
            } else if let Some(words) = line.strip_prefix("weak:") {
                all.weak.extend(stems(words));
            } else if let Some((phrases, meaning)) = line.split_once('=') {
                for phrase in phrases.split(',') {
                    let mut rest = stems(phrase);
                    if !rest.is_empty() {
                        let first = rest.remove(0);
                        all.phrases.entry(first).or_default().push((rest, stems(meaning)));
                    }
                }
            }
        }
        all
    }
}

/// The words of a text: small letters without marks; what an apostrophe joins is one word.
pub(super) fn plain(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars().flat_map(char::to_lowercase) {
        match bare(c) {
            '\'' | '’' => {}
            c if c.is_alphanumeric() => words.last_mut().expect("never empty").push(c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn bare(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ẁ' | 'ẃ' | 'ŵ' | 'ẅ' => 'w',
        'ỳ' | 'ý' | 'ŷ' | 'ÿ' => 'y',
        c => c,
    }
}

/// Every term of a text, and of two neighbouring words the one that they would make together (`street light`,
/// `streetlight`): what an index holds.
pub(super) fn terms(language: Language, text: &str) -> BTreeSet<String> {
    let words = plain(text);
    let small = &lexicon(language).small;
    let single = words.iter().filter(|word| !small.contains(*word)).map(|word| stem(language, word));
    let joined = words.windows(2).filter(|two| two.iter().all(|word| !small.contains(word)));
    single.chain(joined.map(|two| stem(language, &two.concat()))).collect()
}

/// What somebody looks for who typed this, in whichever of these languages.
pub(super) fn wanted(languages: &[Language], typed: &str) -> Vec<Wanted> {
    let mut words = plain(typed);
    words.truncate(MOST_WORDS);
    let mut all: Vec<Wanted> = Vec::new();
    // A word is small only where every language says so: `am` is Welsh for "about".
    let is_small = |word: &String| languages.iter().all(|language| lexicon(*language).small.contains(word));
    for (n, word) in words.iter().enumerate().filter(|(_, word)| !is_small(word)) {
        let mut terms: Vec<(String, u32)> = Vec::new();
        let mut is_telling = true;
        for &language in languages {
            let known = lexicon(language);
            if known.small.contains(word) {
                continue;
            }
            let term = stem(language, word);
            is_telling &= !known.weak.contains(&term);
            terms.push((term, WHOLE));
            for joined in [n.checked_sub(1).map(|before| [before, n]), Some([n, n + 1])].into_iter().flatten() {
                if let [Some(a), Some(b)] = joined.map(|at| words.get(at)) {
                    terms.push((stem(language, &format!("{a}{b}")), WHOLE));
                }
            }
        }
        all.push(Wanted { terms, is_telling, is_typed: true, is_last: n + 1 == words.len() });
    }
    for &language in languages {
        let stems: Vec<String> = words.iter().map(|word| stem(language, word)).collect();
        for meaning in meant(lexicon(language), &stems) {
            let is_telling = !lexicon(language).weak.contains(meaning);
            all.push(Wanted { terms: vec![(meaning.clone(), MEANT)], is_telling, is_typed: false, is_last: false });
        }
    }
    all
}

/// What the phrases in a row of terms mean.
fn meant<'a>(known: &'a Lexicon, stems: &[String]) -> Vec<&'a String> {
    let mut found: Vec<&String> = Vec::new();
    for (n, first) in stems.iter().enumerate() {
        for (rest, meaning) in known.phrases.get(first).into_iter().flatten() {
            if stems[n + 1..].starts_with(rest) {
                found.extend(meaning.iter().filter(|term| !stems.contains(term)));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A word without its ending, so that `emptied` and `empty` are one; in Welsh without its mutation too.
pub(super) fn stem(language: Language, word: &str) -> String {
    match language {
        Language::En => english(word),
        Language::Cy => welsh(word),
    }
}

fn english(word: &str) -> String {
    let mut stem = word.to_owned();
    if stem.len() > 4 && (stem.ends_with("ies") || stem.ends_with("ied")) {
        stem.truncate(stem.len() - 3);
        stem.push('y');
    } else if stem.len() > 3 && stem.ends_with('s') && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end)) {
        stem.pop();
    }
    for (ending, left) in [("ing", 3), ("ed", 3), ("ion", 5)] {
        let Some(rest) = stem.strip_suffix(ending) else { continue };
        let goes = match ending {
            "ion" => rest.ends_with('t'),
            _ => rest.contains(['a', 'e', 'i', 'o', 'u', 'y']) && !rest.ends_with('e'),
        };
        if goes && rest.chars().count() >= left {
            stem = rest.to_owned();
            let mut last = stem.chars().rev();
            if let (Some(a), Some(b)) = (last.next(), last.next())
                && a == b
                && !"aeioulsz".contains(a)
            {
                stem.pop();
            }
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

/// What Welsh changes, longest first.
const INITIALS: [(&str, char); 16] = [
    ("ngh", THROAT),
    ("mh", LIPS),
    ("ph", LIPS),
    ("nh", TEETH),
    ("th", TEETH),
    ("dd", TEETH),
    ("ch", THROAT),
    ("ng", THROAT),
    ("p", LIPS),
    ("b", LIPS),
    ("m", LIPS),
    ("t", TEETH),
    ("d", TEETH),
    ("n", TEETH),
    ("c", THROAT),
    ("g", THROAT),
];

fn welsh(word: &str) -> String {
    let mut stem = unmutated(word);
    for ending in ["iadau", "iau", "oedd", "ion", "au", "on", "od"] {
        if stem.strip_suffix(ending).is_some_and(|rest| rest.chars().count() >= 3) {
            stem.truncate(stem.len() - ending.len());
            break;
        }
    }
    stem
}

fn unmutated(word: &str) -> String {
    // `ff` is never one of them, and `f` is what `b` and `m` become.
    if let Some(rest) = word.strip_prefix('f').filter(|rest| !rest.starts_with('f')) {
        return format!("{LIPS}{rest}");
    }
    for (strong, weak) in [("ll", 'l'), ("rh", 'r')] {
        if let Some(rest) = word.strip_prefix(strong) {
            return format!("{weak}{rest}");
        }
    }
    // That `g` softened is gone, no word of its own shows: the committed words have those that councils use.
    let initial = INITIALS.iter().find_map(|(initial, kind)| Some((kind, word.strip_prefix(initial)?)));
    initial.map_or_else(|| word.to_owned(), |(kind, rest)| format!("{kind}{rest}"))
}

/// Whether two words are a slip or two apart: a letter added, dropped or changed, or two neighbours swapped. One in words
/// of four letters and more, two in those of seven and more.
pub(super) fn is_slip(typed: &str, meant: &str) -> bool {
    let (short, long) = (typed.len().min(meant.len()), typed.len().max(meant.len()));
    let most = match typed.chars().count() {
        0..=3 => return false,
        4..=6 => 1,
        _ => 2,
    };
    long - short <= most && slips(typed.as_bytes(), meant.as_bytes(), most)
}

/// By bytes: what is compared has no marks.
fn slips(a: &[u8], b: &[u8], most: usize) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    let (Some((_, a_rest)), Some((_, b_rest))) = (a.split_first(), b.split_first()) else {
        return a.len().max(b.len()) <= most;
    };
    if most == 0 {
        return false;
    }
    let swapped = match (a, b) {
        ([x1, x2, x @ ..], [y1, y2, y @ ..]) => x1 == y2 && x2 == y1 && slips(x, y, most - 1),
        _ => false,
    };
    swapped || slips(a_rest, b_rest, most - 1) || slips(a_rest, b, most - 1) || slips(a, b_rest, most - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_go() {
        for alike in [
            &["empty", "emptied", "emptying"][..],
            &["tip", "tipped", "tipping", "tips"],
            &["move", "moved", "moving"],
            &["collect", "collection", "collections", "collected"],
            &["hole", "holes"],
            &["house", "housing"],
        ] {
            let stems: BTreeSet<String> = alike.iter().map(|word| english(word)).collect();
            assert_eq!(stems.len(), 1, "{alike:?} are {stems:?}");
        }
        assert_eq!(["bus", "need", "string", "bin"].map(english), ["bus", "need", "string", "bin"]);
    }

    #[test]
    fn mutations_are_one_word() {
        for alike in [
            &["bin", "biniau", "fin", "min"][..],
            &["casglu", "gasglu", "chasglu", "nghasglu"],
            &["twll", "dwll", "thwll", "nhwll"],
            &["llwybr", "lwybr"],
            &["tân", "dân"],
        ] {
            let stems: BTreeSet<String> = alike.iter().map(|word| welsh(&plain(word).concat())).collect();
            assert_eq!(stems.len(), 1, "{alike:?} are {stems:?}");
        }
    }

    #[test]
    fn slips_are_forgiven_and_other_words_are_not() {
        for (typed, meant) in
            [("pohtole", "pothole"), ("matress", "mattress"), ("vehical", "vehicle"), ("nosie", "noise")]
        {
            assert!(is_slip(typed, meant), "{typed}");
        }
        for (typed, meant) in [("bin", "bus"), ("road", "rates"), ("hole", "pothole"), ("tax", "tac")] {
            assert!(!is_slip(typed, meant), "{typed}");
        }
    }

    #[test]
    fn ordinary_words_mean_the_councils() {
        let terms = |typed| {
            let wanted = wanted(&[Language::En], typed);
            wanted.into_iter().flat_map(|w| w.terms.into_iter().map(|(term, _)| term)).collect::<Vec<_>>()
        };
        assert!(terms("old wardrobe").contains(&"bulky".to_owned()));
        assert_eq!(plain("My bin wasn’t emptied!"), ["my", "bin", "wasnt", "emptied"]);
        assert!(wanted(&[Language::En], "my").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn anything_may_be_typed(typed in ".{0,120}") {
            for language in Language::ALL {
                let _ = terms(language, &typed);
            }
            proptest::prop_assert!(wanted(&Language::ALL, &typed).len() <= 200);
        }
    }
}
