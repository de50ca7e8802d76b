use super::*;

const NOW: &str = "2026-11-20T10:30:00Z";

fn blobs(dir: &Path) -> Blobs {
    Blobs::new(&format!("file://{}", dir.display()), &Secret::new(&[7; 32])).unwrap()
}

fn tenant(n: u128) -> AuthorityId {
    AuthorityId(Uuid::from_u128(n))
}

fn put(blobs: &Blobs, bytes: &[u8]) -> Stored {
    let mut writer = blobs.create(tenant(1), NOW.parse().unwrap()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn all(blobs: &Blobs, tenant: AuthorityId, key: Uuid) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    blobs.read(tenant, key)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn a_file_of_any_length_comes_back_and_lies_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = blobs(dir.path());
    for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
        let bytes: Vec<u8> = b"moothall ".iter().copied().cycle().take(length).collect();
        let stored = put(&blobs, &bytes);
        assert_eq!(stored.size(), length as u64);
        assert_eq!(stored.sha256(), crate::kernel::seal::sha256_hex(&bytes));
        assert_eq!(all(&blobs, tenant(1), stored.key()).unwrap(), bytes, "{length}");
        let kept = fs::read(path_of(dir.path(), tenant(1), stored.key())).unwrap();
        assert!(!kept.windows(9).any(|w| w == b"moothall "));
    }
}

#[test]
fn what_was_changed_moved_or_cut_off_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = blobs(dir.path());
    let (one, other) = (put(&blobs, &vec![1; 2 * PIECE]), put(&blobs, &[2; 9]));
    let path = path_of(dir.path(), tenant(1), one.key());
    let whole = fs::read(&path).unwrap();
    let opens = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        all(&blobs, tenant(1), one.key()).is_ok()
    };
    assert!(opens(&whole));
    let sealed = PIECE + FileSeal::TAG;
    let swapped = [&whole[sealed..], &whole[..sealed]].concat();
    let mut flipped = whole.clone();
    flipped[10] ^= 1;
    for wrong in [&whole[..sealed], &whole[..whole.len() - 1], &swapped, &flipped, &[]] {
        assert!(!opens(wrong));
    }
    fs::write(&path, &whole).unwrap();
    fs::copy(&path, path_of(dir.path(), tenant(1), other.key())).unwrap();
    assert!(all(&blobs, tenant(1), other.key()).is_err(), "another place");
    fs::create_dir_all(dir.path().join(tenant(2).to_string())).unwrap();
    fs::copy(&path, path_of(dir.path(), tenant(2), one.key())).unwrap();
    assert!(all(&blobs, tenant(2), one.key()).is_err(), "another authority");
}

#[test]
fn what_nobody_keeps_goes() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = blobs(dir.path());
    let files = || fs::read_dir(dir.path().join(tenant(1).to_string())).unwrap().count();
    drop(put(&blobs, b"x"));
    let mut unfinished = blobs.create(tenant(1), NOW.parse().unwrap()).unwrap();
    unfinished.write_all(&vec![1; 3 * PIECE]).unwrap();
    assert_eq!(files(), 1);
    drop(unfinished);
    assert_eq!(files(), 0);
    let stored = put(&blobs, b"x");
    let key = stored.key();
    stored.keep();
    let keys = |before: &str| blobs.begun_before(tenant(1), before.parse().unwrap()).unwrap();
    assert_eq!((keys(NOW), keys("2026-11-20T10:30:01Z")), (vec![], vec![key]));
    assert!(blobs.begun_before(tenant(2), NOW.parse().unwrap()).unwrap().is_empty());
    blobs.remove(tenant(1), key).unwrap();
    blobs.remove(tenant(1), key).unwrap();
    assert_eq!(files(), 0);
}
