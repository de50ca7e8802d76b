//! Hashes and embeds what is in `assets/`: each file gets a name that holds its hash, so that browsers may keep it for
//! ever; style sheets and modules refer to each other by those names. No network, no npm: those made the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// In the order in which later ones refer to earlier ones.
const KINDS: [(&str, &str); 4] = [
    ("woff2", "font/woff2"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
];

fn main() {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=migrations");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    let mut code = String::from(
        "/// Every asset: address, media type, bytes, the same bytes gzipped.\npub static ALL: &[(&str, &str, &[u8], &[u8])] = &[\n",
    );
    let mut constants = String::new();
    for (ending, media_type) in KINDS {
        let mut files: Vec<_> = fs::read_dir("assets")
            .expect("assets/ is part of the source")
            .map(|entry| entry.expect("assets/ can be listed").path())
            .filter(|path| path.extension().is_some_and(|e| e == ending))
            .collect();
        files.sort();
        for path in files {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            let mut bytes = fs::read(&path).expect("an asset can be read");
            if ending != "woff2" {
                let mut text = String::from_utf8(bytes).expect("style sheets and scripts are UTF-8");
                for (plain, hashed) in &named {
                    text = text
                        .replace(&format!("\"{plain}\""), &format!("\"{hashed}\""))
                        .replace(&format!("'./{plain}'"), &format!("'./{hashed}'"));
                }
                bytes = text.into_bytes();
            }
            let digest = Sha256::digest(&bytes);
            let hash: String = digest.iter().take(6).fold(String::new(), |mut s, b| {
                let _ = write!(s, "{b:02x}");
                s
            });
            let hashed = format!("{}.{hash}.{ending}", name.trim_end_matches(&format!(".{ending}")));
            write_pair(Path::new(&out), &hashed, &bytes);
            let _ = writeln!(
                code,
                "    (\"/assets/{hashed}\", \"{media_type}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{hashed}\")), include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{hashed}.gz\"))),"
            );
            let constant: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
            let _ = writeln!(constants, "/// `{name}`.\npub const {constant}: &str = \"/assets/{hashed}\";");
            named.insert(name, hashed);
        }
    }
    code.push_str("];\n");
    fs::write(Path::new(&out).join("assets.rs"), constants + &code).expect("OUT_DIR can be written");
}

fn write_pair(out: &Path, name: &str, bytes: &[u8]) {
    fs::write(out.join(name), bytes).expect("OUT_DIR can be written");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).expect("a vector can be written");
    fs::write(out.join(format!("{name}.gz")), gzip.finish().expect("a vector can be written"))
        .expect("OUT_DIR can be written");
}
