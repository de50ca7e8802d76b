//! How people are reached, read as they write it.

/// A postcode in its usual form (BS 7666), or `None`.
#[must_use]
pub fn postcode(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let (outward, inward) = code.split_at_checked(code.len().checked_sub(3)?)?;
    let shape: String = inward.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
    let outward_ok = (2..=4).contains(&outward.len())
        && outward.starts_with(|c: char| c.is_ascii_uppercase())
        && outward.contains(|c: char| c.is_ascii_digit());
    (shape == "9AA" && outward_ok).then(|| format!("{outward} {inward}"))
}

/// The first postcode among words, if there is one: or what looks like one, as `A27 1st` does.
#[must_use]
pub fn postcode_in(words: &str) -> Option<String> {
    let words: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let whole = words.iter().filter(|word| word.len() >= 5).map(|word| (*word).to_owned());
    let in_two = words.windows(2).filter(|two| two[1].len() == 3).map(<[&str]>::concat);
    whole.chain(in_two).find_map(|word| postcode(&word))
}

/// Something before an @, a host with a dot after it, nothing that breaks a header. Whether mail arrives is for mail.
#[must_use]
pub fn is_email(typed: &str) -> bool {
    let Some((local, host)) = typed.rsplit_once('@') else { return false };
    let plain = |s: &str| {
        !s.is_empty() && s.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>(),;:\"[]\\@".contains(c))
    };
    let labels: Vec<&str> = host.split('.').collect();
    plain(local) && plain(host) && labels.len() >= 2 && labels.iter().all(|l| !l.is_empty()) && typed.len() <= 254
}

/// Nine to fifteen digits, written as people write them.
#[must_use]
pub fn is_telephone(typed: &str) -> bool {
    let digits = typed.chars().filter(char::is_ascii_digit).count();
    typed.chars().all(|c| c.is_ascii_digit() || " +()-.".contains(c)) && (9..=15).contains(&digits)
}

/// An address on the web, with `https://` put before it where nothing was.
#[must_use]
pub fn web_address(typed: &str) -> Option<String> {
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let rest = whole.strip_prefix("https://").or_else(|| whole.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let fits = host.split('.').count() >= 2 && host.split('.').all(|label| !label.is_empty()) && !host.contains('@');
    let plain = whole.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>\"\\^`{|}".contains(c));
    (fits && plain && whole.len() <= 500).then_some(whole)
}

/// A National Insurance number as `QQ 12 34 56 C` (HMRC manual NIM39110: prefixes that are never given are refused).
#[must_use]
pub fn national_insurance(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let shape: String = code.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
    let (prefix, last) = (code.get(..2)?, code.chars().last()?);
    let never = ["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(&prefix)
        || prefix.contains(['D', 'F', 'I', 'Q', 'U', 'V'])
        || prefix.ends_with('O')
        || !('A'..='D').contains(&last);
    let spaced = || format!("{} {} {} {} {last}", prefix, &code[2..4], &code[4..6], &code[6..8]);
    (shape == "AA999999A" && !never).then(spaced)
}

/// A registration mark without spaces, in capitals: two to seven letters and digits, at least one of each.
#[must_use]
pub fn registration(typed: &str) -> Option<String> {
    let mark: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    let fits = (2..=7).contains(&mark.len())
        && mark.bytes().all(|b| b.is_ascii_alphanumeric())
        && mark.bytes().any(|b| b.is_ascii_digit())
        && mark.bytes().any(|b| b.is_ascii_alphabetic());
    fits.then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_and_addresses_of_mail_are_read_as_people_write_them() {
        assert_eq!(postcode("mh1 1aa").as_deref(), Some("MH1 1AA"));
        assert_eq!(postcode("SW1A1AA").as_deref(), Some("SW1A 1AA"));
        assert!(["", "MH1", "12345", "MH1 AAA", "M1H1H1H1"].iter().all(|p| postcode(p).is_none()));
        assert_eq!(postcode_in("Quay Street (near mh1 1aa), by the pump").as_deref(), Some("MH1 1AA"));
        assert_eq!(postcode_in("MH11AA").as_deref(), Some("MH1 1AA"));
        assert!(["the A27 at Lewes", "12 Quay Street", "é1 1aa"].iter().all(|w| postcode_in(w).is_none()));
        assert!(is_email("sam.o'neil+x@example.org"));
        assert!(["sam", "@a.b", "a@b", "a b@c.d", "a@b..c", "a@b.c\nBcc: x@y.z"].iter().all(|e| !is_email(e)));
    }

    #[test]
    fn numbers_that_others_give_are_read_as_people_write_them() {
        assert_eq!(national_insurance("ab123456c").as_deref(), Some("AB 12 34 56 C"));
        assert!(
            ["QQ123456C", "AB12345C", "AO123456A", "AB123456E", "é", ""]
                .iter()
                .all(|n| national_insurance(n).is_none())
        );
        assert_eq!(registration("ab12 cde").as_deref(), Some("AB12CDE"));
        assert!(["ABC", "123", "A", "AB12CDEF", "AB£2"].iter().all(|r| registration(r).is_none()));
        assert_eq!(web_address("a.example/b").as_deref(), Some("https://a.example/b"));
        assert!(["a", "ftp://a.b", "https://u@a.b", "a b.c", "https://a..b"].iter().all(|w| web_address(w).is_none()));
        assert!(is_telephone("+44 (0)1632 960100") && !is_telephone("960100") && !is_telephone("call 01632 960100"));
    }
}
