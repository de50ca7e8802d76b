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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_and_addresses_of_mail_are_read_as_people_write_them() {
        assert_eq!(postcode("mh1 1aa").as_deref(), Some("MH1 1AA"));
        assert_eq!(postcode("SW1A1AA").as_deref(), Some("SW1A 1AA"));
        assert!(["", "MH1", "12345", "MH1 AAA", "M1H1H1H1"].iter().all(|p| postcode(p).is_none()));
        assert!(is_email("sam.o'neil+x@example.org"));
        assert!(["sam", "@a.b", "a@b", "a b@c.d", "a@b..c", "a@b.c\nBcc: x@y.z"].iter().all(|e| !is_email(e)));
    }
}
