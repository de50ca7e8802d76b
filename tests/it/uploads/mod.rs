//! The life of a file: added to a form, looked into by the worker, sent with the form, opened by staff, and gone when it
//! is no longer wanted.

mod bucket;
mod desk;
mod scan;

use std::fs;
use std::io::{Read as _, Write as _};

use image::{ExtendedColorType, ImageEncoder as _};
use moothall::app;
use moothall::forms::{FileState, Question, Upload};
use moothall::identity::Role;
use moothall::kernel::FileKind;
use moothall::site::{FILE_LIMIT, File};

use self::desk::Desk;
use crate::harness::App;

const PDF: &[u8] = b"%PDF-1.7\nA letter from the landlord.";

/// A file as it comes out of a form.
pub fn file(app: &App, council: &str, name: &str, bytes: &[u8]) -> File {
    let mut writer = app.site.blobs.create(app.id(council), app.now()).unwrap();
    writer.write_all(bytes).unwrap();
    let kind = FileKind::of(bytes).unwrap();
    File { field: "evidence".to_owned(), name: kind.name(name), kind, stored: writer.finish().unwrap() }
}

/// The question that it answers.
pub fn question() -> Question {
    toml::from_str("id = 'evidence'\ntype = 'file'\nlabel = 'Letters or photos'\nmax_files = 3").unwrap()
}

/// A file that was looked into, of a case that there is; says its id.
pub fn on_a_case(app: &App, owner: &str, reference: &str) -> String {
    let stored = file(app, owner, "evidence.pdf", PDF).stored;
    let id = moothall::kernel::new_id(app.now());
    app.database.force(&format!(
        "insert into case_file (tenant_id, id, case_id, handler_id, n, field, blob, name, kind, size, sha256, state, added_at)
         select tenant_id, '{id}', id, handler_id, 99, 'evidence', '{}', 'evidence.pdf', 'pdf', {}, '{}', 'unscanned', opened_at
         from cases where reference = '{reference}'",
        stored.key(),
        stored.size(),
        stored.sha256()
    ));
    stored.keep();
    id.to_string()
}

/// A photo of a few colours, taller than wide as the camera held it, with what a telephone writes into it: the camera lay on its
/// side, and this is where it was.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    let pixels: Vec<u8> =
        (0..width * height).flat_map(|n| if n % width < width / 2 { [250, 0, 0] } else { [0, 0, 250] }).collect();
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    // TIFF, little-endian: orientation 6 (turn right), and a directory of GPS with the latitude's reference.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    exif.extend(b"\x25\x88\x04\0\x01\0\0\0\x26\0\0\0");
    exif.extend(b"\0\0\0\0\x01\0\x01\0\x02\0\x02\0\0\0N\0\0\0\0\0\0\0GPS 50.8225N 0.1372W");
    let mut whole = jpeg[..2].to_vec();
    whole.extend([0xff, 0xe1]);
    whole.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    whole.extend(&exif);
    whole.extend(&jpeg[2..]);
    whole
}

/// What staff get.
fn bytes_of(app: &App, council: &str, upload: &Upload) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = app.site.blobs.read(app.id(council), upload.blob.unwrap()).unwrap();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_file_goes_from_the_form_to_the_officer() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    citizen.add(&[("evidence", "Letter.pdf", PDF), ("evidence", "", b"")]).is(200).has("Typed with care");
    citizen.list().is(200).has(&format!("Letter.pdf ({} B)", PDF.len())).has("Being checked");
    let kept = fs::read_dir(desk.app.database.files().join(desk.app.id("marlhaven").to_string())).unwrap();
    for file in kept {
        let sealed = fs::read(file.unwrap().path()).unwrap();
        assert!(!sealed.windows(8).any(|w| w == b"landlord"), "sealed at rest");
    }
    let reference = citizen.send();
    let mut officer = desk.app.signed_in(&desk.app.person("marlhaven", &[Role::Officer]));
    let address = format!("/staff/cases/marlhaven/{reference}");
    let page = officer.get(&address).is(200).has("Letter.pdf").has("Being checked");
    assert!(!page.body.contains("/files/"), "nobody has looked into it");
    app::settle(&desk.app.site).unwrap();
    let link = officer.get(&address).is(200).has("Not checked for viruses").link(&format!("{address}/files/"));
    let file = officer.get(&link).is(200);
    assert_eq!(file.body.as_bytes(), PDF);
    assert_eq!(file.header("content-type"), "application/pdf");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"Letter.pdf\"; filename*=UTF-8''Letter.pdf");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(file.header("cache-control"), "no-store");
    assert_eq!(file.header("content-length"), PDF.len().to_string());
    officer.get(&address).is(200).has("Opened a file");
    // Another council's officer, and an id of nothing, get the same bytes.
    let mut stranger = desk.app.signed_in(&desk.app.person("eastmere", &[Role::Officer]));
    let nothing = moothall::kernel::new_id(desk.app.now()).to_string();
    let of_nothing = format!("{address}/files/{nothing}");
    assert_eq!(stranger.get(&link).is(404).body, stranger.get(&of_nothing).is(404).body);
    assert_eq!(officer.get(&of_nothing).is(404).body, officer.get(&format!("{address}/files/x")).is(404).body);
    desk.app.visitor("marlhaven").get(&link).is(303);
    desk.app.leave_jobs();
}

#[test]
fn a_kind_is_told_by_content_and_nothing_of_another_is_kept() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    let page = citizen
        .add(&[
            ("evidence", "letter.pdf", b"MZ\x90\0 a program"),
            ("evidence", "page.jpg", b"<html><script>alert(1)</script>"),
            ("evidence", "empty.pdf", b""),
            ("evidence", "../../letter.exe", PDF),
        ])
        .is(422);
    let wrong = "must be a PDF, a photo (JPEG or PNG) or a document (DOCX or ODT)";
    for line in [&format!("letter.pdf {wrong}"), &format!("page.jpg {wrong}"), "empty.pdf is empty", "Typed with care"]
    {
        assert!(page.body.contains(line), "{line}: {}", page.body);
    }
    assert_eq!(page.body.matches("empty.pdf is empty").count(), 2, "above and at the field");
    citizen.list().has("letter.exe.pdf (");
    assert_eq!((desk.files(&citizen.draft).len(), desk.kept()), (1, 1));
    desk.app.leave_jobs();
}

#[test]
fn a_file_that_is_too_large_is_thrown_away_as_it_comes() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    let of_size = |n: u64| [PDF, &vec![b' '; usize::try_from(n).unwrap() - PDF.len()]].concat();
    citizen.add(&[("evidence", "fits.pdf", &of_size(FILE_LIMIT))]).is(200);
    let page =
        citizen.add(&[("evidence", "over.pdf", &of_size(FILE_LIMIT + 1)), ("evidence", "small.pdf", PDF)]).is(422);
    page.has("over.pdf must be smaller than 20 MB").has("Typed with care");
    // While 200 MB come in nothing more than the limit is on the disk, and at the end nothing of them.
    let part = |name: &str| format!("\r\n--x\r\nContent-Disposition: form-data; name=\"{name}\"");
    let start = format!(
        "{}\r\n\r\n{}{}; filename=\"large.pdf\"\r\n\r\n%PDF-1.7",
        part("_token"),
        citizen.token,
        part("evidence")
    );
    let (end, piece, pieces) = ("\r\n--x--\r\n", vec![b'x'; 1024 * 1024], 200);
    let mut stream = citizen.connect(start.len() + end.len() + pieces * piece.len());
    stream.write_all(start.as_bytes()).unwrap();
    for _ in 0..pieces {
        stream.write_all(&piece).unwrap();
        assert!(desk.size() < 3 * FILE_LIMIT);
    }
    stream.write_all(end.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("large.pdf must be smaller than 20 MB"), "{answer}");
    assert_eq!(desk.kept(), 2);
    // Whoever hangs up half-way leaves nothing either.
    let mut stream = citizen.connect(start.len() + 2 * piece.len());
    stream.write_all(start.as_bytes()).unwrap();
    stream.write_all(&piece).unwrap();
    desk.wait_until(|desk| desk.kept() == 3);
    drop(stream);
    desk.wait_until(|desk| desk.kept() == 2);
    // One that says from the start that it is out of all proportion is not even read.
    let mut stream = citizen.connect(1_000_000_000_000);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    desk.app.leave_jobs();
}

#[test]
fn there_is_an_end_to_how_many() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    let name = |n: usize| format!("{n}.pdf");
    let names: Vec<String> = (0..12).map(name).collect();
    let files: Vec<(&str, &str, &[u8])> = names.iter().map(|name| ("evidence", name.as_str(), PDF)).collect();
    let page = citizen.add(&files).is(422);
    assert_eq!(page.body.matches("you have added as many files as you can").count(), 2 * 9, "{}", page.body);
    assert_eq!((desk.files(&citizen.draft).len(), desk.kept()), (3, 3));
    citizen.list().has("Remove one to add another");
    let first = desk.files(&citizen.draft)[0].id.to_string();
    citizen.take_off(&first).is(303);
    assert_eq!((desk.files(&citizen.draft).len(), desk.kept()), (2, 2));
    citizen.add(&[("evidence", "another.pdf", PDF)]).is(200);
    desk.app.leave_jobs();
}

#[test]
fn a_form_that_is_not_ours_leaves_nothing() {
    let desk = Desk::open(App::start());
    let (mut citizen, mut other) = (desk.citizen("marlhaven"), desk.citizen("marlhaven"));
    let files: &[(&str, &str, &[u8])] = &[("evidence", "letter.pdf", PDF)];
    let path = citizen.path();
    citizen.browser.post_files(&path, &[], files).is(403);
    citizen.browser.post_files(&path, &[("_token", &other.token)], files).is(403);
    citizen.browser.post_files(&path, &[("_token", "")], files).is(403);
    // Another browser's draft, another council's, and nobody's: the same bytes, and nothing is kept.
    let theirs = desk.citizen("eastmere").draft;
    let nothing = moothall::kernel::new_id(desk.app.now()).to_string();
    let mine = other.draft.clone();
    let answers = [citizen.draft.clone(), theirs, nothing, "x".to_owned()].map(|draft| {
        other.draft = draft;
        (other.add(files).is(404).body, other.list().is(404).body)
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    other.draft = mine;
    other.list().is(200);
    // One's own file under another's draft.
    citizen.add(files).is(200);
    let file = desk.files(&citizen.draft)[0].id.to_string();
    other.add(&[]).is(200);
    other.take_off(&file).is(303);
    // What the server knows of a file is not for a browser to say.
    let forged = format!("{file} 1 clean forged.pdf");
    let fields = [("_token", other.token.as_str()), ("words", "Forged"), ("evidence", &forged), ("stay", "yes")];
    other.browser.post_files(&other.path(), &fields, &[]).is(303);
    other.list().has("Forged").lacks("forged.pdf");
    assert_eq!((desk.files(&citizen.draft).len(), desk.files(&other.draft).len(), desk.kept()), (1, 0, 1));
    // Broken forms.
    let host = citizen.browser.host.clone();
    for body in ["", "--x\r\n", "--x\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n", "nothing of the kind"]
    {
        let answer = citizen.browser.raw(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert!(answer.starts_with("HTTP/1.1 40"), "{body:?}: {answer}");
    }
    assert_eq!(desk.kept(), 1);
    desk.app.leave_jobs();
}

#[test]
fn a_photo_keeps_its_pixels_and_nothing_else() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    let taken = photo(120, 80);
    assert!(taken.windows(8).any(|w| w == b"50.8225N"));
    citizen.add(&[("evidence", "IMG_1234.jpeg", &taken)]).is(200);
    app::settle(&desk.app.site).unwrap();
    let kept = &desk.files(&citizen.draft)[0];
    assert_eq!((kept.state, kept.name.as_str()), (FileState::Unscanned, "IMG_1234.jpeg"));
    let bytes = bytes_of(&desk.app, "marlhaven", kept);
    assert_eq!((kept.size, kept.sha256.clone()), (bytes.len() as u64, moothall::kernel::seal::sha256_hex(&bytes)));
    for gone in [&b"Exif"[..], b"50.8225N", b"GPS"] {
        assert!(!bytes.windows(gone.len()).any(|w| w == gone));
    }
    let picture = image::load_from_memory(&bytes).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (80, 120), "upright");
    assert!(picture.get_pixel(40, 10)[0] > 200 && picture.get_pixel(40, 110)[2] > 200, "turned to the right");
    assert_eq!(desk.kept(), 1, "the original is gone");
    let large = photo(3000, 10);
    citizen.add(&[("evidence", "wide.jpg", &large)]).is(200);
    app::settle(&desk.app.site).unwrap();
    let wide = image::load_from_memory(&bytes_of(&desk.app, "marlhaven", &desk.files(&citizen.draft)[1])).unwrap();
    assert_eq!((wide.width(), wide.height()), (9, 2560));
}

#[test]
fn a_picture_that_cannot_be_read_is_thrown_away_and_costs_nothing() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    // A PNG that says it has 60,000 × 60,000 pixels.
    let mut png = Vec::new();
    image::codecs::png::PngEncoder::new(&mut png).write_image(&[0; 12], 2, 2, ExtendedColorType::Rgb8).unwrap();
    for at in [16, 20] {
        png[at..at + 4].copy_from_slice(&60_000_u32.to_be_bytes());
    }
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut jpeg = photo(16, 16);
    let at = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpeg[at + 5..at + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    citizen
        .add(&[
            ("evidence", "a.png", &png),
            ("evidence", "b.jpg", &jpeg),
            ("evidence", "c.jpg", b"\xff\xd8\xff nothing"),
        ])
        .is(200);
    app::settle(&desk.app.site).unwrap();
    let states: Vec<FileState> = desk.files(&citizen.draft).iter().map(|f| f.state).collect();
    assert_eq!(states, [FileState::Unreadable; 3]);
    assert_eq!(desk.kept(), 0);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_draft_that_expires_takes_its_files_with_it_and_what_is_left_over_is_swept() {
    let desk = Desk::open(App::start());
    let (mut citizen, mut sender) = (desk.citizen("marlhaven"), desk.citizen("marlhaven"));
    citizen.add(&[("evidence", "a.pdf", PDF), ("evidence", "b.jpg", &photo(16, 16))]).is(200);
    sender.add(&[("evidence", "c.pdf", PDF)]).is(200);
    sender.send();
    // What a crash leaves: a file without a row.
    file(&desk.app, "marlhaven", "left over.pdf", PDF).stored.keep();
    app::settle(&desk.app.site).unwrap();
    assert_eq!(desk.kept(), 4);
    desk.app.set_clock("2026-11-21T10:29:00Z");
    app::settle(&desk.app.site).unwrap();
    assert_eq!(desk.kept(), 4, "a day has not passed");
    desk.app.set_clock("2026-11-21T10:31:00Z");
    app::settle(&desk.app.site).unwrap();
    assert_eq!(desk.kept(), 1, "only the case's is left");
    let rows = |table: &str| desk.app.database.texts(&format!("select name as text from {table}"));
    assert_eq!((rows("draft_upload"), rows("case_file")), (vec![], vec!["c.pdf".to_owned()]));
    desk.app.leave_jobs();
}

/// Errors, going back, changing, removing a thing and coming again: files stay with the thing they were added to.
#[test]
fn files_keep_to_their_things_and_only_those_asked_for_are_sent() {
    let desk = Desk::open(App::start());
    let mut citizen = desk.citizen("marlhaven");
    let (token, form) = (citizen.token.clone(), format!("/forms/{}", citizen.draft));
    let ours = |fields: &[(&str, &str)]| {
        let all = [&[("_token", token.as_str())], fields].concat();
        all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
    };
    let post = |citizen: &mut desk::Citizen, page: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]| {
        let fields = ours(fields);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        citizen.browser.post_files(&format!("{form}/{page}"), &fields, files)
    };
    let about_rooms = [("words", "Damp"), ("rooms_too", "yes")];
    let page = post(&mut citizen, "evidence", &about_rooms, &[("evidence", "letter.pdf", PDF)]).is(303);
    assert_eq!(page.location(), format!("{form}/room.1"));
    // No photo, then a letter in its place: said at the field, and what was typed stays.
    post(&mut citizen, "room.1", &[("rooms.1.room", "Kitchen")], &[]).is(422).has("Choose a file: A photo of it");
    let letter: &[(&str, &str, &[u8])] = &[("rooms.1.photo", "letter.pdf", PDF)];
    let page = post(&mut citizen, "room.1", &[("rooms.1.room", "Kitchen")], letter).is(422);
    page.has("letter.pdf must be a photo (JPEG or PNG)").has("value=\"Kitchen\"").lacks("Choose a file:");
    let one: &[(&str, &str, &[u8])] = &[("rooms.1.photo", "kitchen.jpg", &photo(16, 16))];
    post(&mut citizen, "room.1", &[("rooms.1.room", "Kitchen")], one).is(303);
    post(&mut citizen, "rooms", &[("add", "yes")], &[]).is(303);
    let two: &[(&str, &str, &[u8])] = &[("rooms.2.photo", "hall.jpg", &photo(16, 16))];
    post(&mut citizen, "room.2", &[("rooms.2.room", "Hall")], two).is(303);
    // The first is taken out: the second keeps its photo; a third gets neither's.
    post(&mut citizen, "rooms", &[("remove", "1")], &[]).is(303);
    citizen.browser.get(&format!("{form}/room.2")).is(200).has("hall.jpg (").lacks("kitchen.jpg");
    let left: Vec<String> = desk.files(&citizen.draft).into_iter().map(|file| file.name).collect();
    assert_eq!((left, desk.kept()), (vec!["letter.pdf".to_owned(), "hall.jpg".to_owned()], 2), "it counts no more");
    post(&mut citizen, "rooms", &[("add", "yes")], &[]).is(303);
    citizen.browser.get(&format!("{form}/room.3")).is(200).lacks(".jpg (");
    post(&mut citizen, "rooms", &[("remove", "3")], &[]).is(303);
    post(&mut citizen, "rooms", &[("add", "no")], &[]).is(303);
    post(&mut citizen, "contact", &[("name", "Ada"), ("email", "ada@example.org")], &[]).is(303);
    let check = citizen.browser.get(&format!("{form}/check")).is(200);
    check.has("hall.jpg (").has("letter.pdf (").lacks("kitchen.jpg");
    citizen.browser.submit("/check", &[]).is(303);
    citizen.browser.follow().is(200);
    let sent = desk.app.database.texts("select field || ' ' || name as text from case_file order by n");
    assert_eq!(sent, ["evidence letter.pdf", "rooms.2.photo hall.jpg"]);
    assert_eq!(desk.kept(), 2, "the photo of the room that is no more is gone");
    desk.app.leave_jobs();
}
