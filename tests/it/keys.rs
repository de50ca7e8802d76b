//! The secret is changed: what the former one sealed, derived or found is done anew, and the former one can go.

use std::io::{Read as _, Write as _};

use diesel::prelude::*;
use moothall::app;
use moothall::cases;
use moothall::forms;
use moothall::identity::{self, Details, Role};
use moothall::kernel::Language;
use moothall::kernel::seal::{Secret, Token};
use moothall::platform::Renewal;
use moothall::platform::blob::Blobs;
use moothall::setup;
use uuid::Uuid;

use super::harness::App;

const OLD: &[u8] = b"the secret of the tests, 32 bytes long or more";
const NEW: &[u8] = b"the next secret of the tests, as long as the other";
const EMAIL: &str = "sam.okafor@example.org";

/// What a former secret has left behind at one council.
struct Left {
    link: String,
    reference: String,
    case: Uuid,
    session: Token,
    browser: Token,
    draft: Uuid,
    file: Uuid,
}

fn blobs(app: &App, secret: &Secret) -> Blobs {
    Blobs::new(&app.site.config.files.url, secret).unwrap()
}

fn left(app: &App) -> Left {
    let (secret, council) = (&app.site.config.secret, "marlhaven");
    // A case with a sealed answer, which its citizen follows by a link.
    let services = app.services();
    let (owner, service) = (app.authority(council), services.find(app.id(council), "council-tax-move").unwrap());
    let definition = service.definition(Language::En).unwrap();
    let today = moothall::kernel::billing_date(app.now());
    let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(7);
    let raw = (0..200)
        .map(|_| setup::fill(&definition, today, &mut rng, |_| None).unwrap())
        .find(|raw| {
            !definition.parse(raw, today).unwrap().all.iter().all(|a| !matches!(a.value, forms::Value::Sealed(_)))
        })
        .unwrap();
    let answers = definition.parse(&raw, today).unwrap();
    let opened = app.scoped(council, |tx| {
        let new = cases::NewCase {
            owner: &owner,
            definition: &definition,
            version: 1,
            answers: &answers,
            language: Language::En,
            directory: &app.site.directory.get(),
            files: &[],
            secret,
        };
        cases::open(tx, app.now(), &new)
    });
    let link = cases::track_token(secret, owner.id, opened.id).expose().to_owned();
    let browser = Token::presented("the-browser-of-the-keys");
    let (session, draft) = app.scoped(council, |tx| {
        let details = Details { email: EMAIL.to_owned(), name: Some("Sam".to_owned()), phone: None };
        let session = identity::open_citizen_session(tx, app.now(), secret, &details)?;
        let id = forms::start_draft(tx, app.now(), "council-tax-move", 1, Language::En, &browser)?;
        let mut draft = forms::find_draft(tx, app.now(), secret, id, &browser)?;
        draft.answers = raw.clone();
        forms::save_answers(tx, app.now(), secret, &definition, &draft, "bank", None)?;
        Ok((session, id))
    });
    let mut writer = blobs(app, secret).create(owner.id, app.now()).unwrap();
    writer.write_all(&vec![7; 150_000]).unwrap();
    let stored = writer.finish().unwrap();
    let file = stored.key();
    stored.keep();
    Left { link, reference: opened.reference, case: opened.id, session, browser, draft, file }
}

/// What of it opens with a secret: the sealed answer, the session, the draft, the file.
fn opens(app: &App, left: &Left, secret: &Secret) -> [bool; 4] {
    let id = app.id("marlhaven");
    let sheet = app.scoped("marlhaven", |tx| {
        let by = moothall::kernel::Actor { staff_id: None, name: "Test".into(), authority_name: "Test".into() };
        Ok(cases::read(tx, app.now(), id, &left.reference, &by)?.sheet)
    });
    let answer = !cases::unsealed(&sheet, secret, id, left.case).is_empty();
    let session = app.scoped("marlhaven", |tx| identity::citizen(tx, app.now(), secret, Some(&left.session))).is_some();
    let draft = app.scoped("marlhaven", |tx| forms::find_draft(tx, app.now(), secret, left.draft, &left.browser));
    let sealed = |name: &str| name.ends_with("-account");
    let typed = draft.answers.iter().any(|(name, values)| sealed(name) && values.iter().any(|v| !v.is_empty()));
    let mut bytes = Vec::new();
    let read = blobs(app, secret).read(id, left.file).and_then(|mut file| file.read_to_end(&mut bytes));
    [answer, session, typed, read.is_ok() && bytes == vec![7; 150_000]]
}

fn rotate(app: &App, secret: &Secret) -> Vec<setup::Rotated> {
    setup::rotate(&app.site.db, app.now(), &blobs(app, secret), secret, &app.site.directory.get()).unwrap()
}

#[test]
fn a_secret_is_changed_and_nothing_is_lost() {
    let app = App::start();
    app.leave_jobs();
    let officer = app.person("marlhaven", &[Role::Officer]);
    let left = left(&app);
    let (old, new) = (Secret::new(OLD), Secret::new(NEW));
    let both = new.clone().after(OLD);
    assert_eq!(opens(&app, &left, &old), [true; 4]);
    assert_eq!(opens(&app, &left, &both), [true; 4], "before it is renewed");
    assert_eq!(opens(&app, &left, &new), [false; 4], "a wrong key opens nothing");

    // Found by her address before and after; at no time by a stranger's secret.
    let found = |secret: &Secret| {
        let keys = identity::email_keys(secret, app.id("marlhaven"), EMAIL);
        app.scoped("marlhaven", |tx| cases::of_citizen(tx, &keys, None, 10)).len()
    };
    assert_eq!((found(&both), found(&new)), (found(&old), 0));

    let first = rotate(&app, &both);
    assert!(first.iter().all(|(_, done)| done.lost == 0), "{first:?}");
    for what in ["sessions of citizens", "drafts", "answer sheets", "cases, by link and address", "files"] {
        let done = first.iter().find(|(name, _)| *name == what).unwrap().1;
        assert_eq!((done.renewed, done.seen), (1, 1), "{what}: {first:?}");
    }
    let again: usize = rotate(&app, &both).iter().map(|(_, Renewal { renewed, .. })| renewed).sum();
    assert_eq!(again, 0, "what is done is left alone");
    assert_eq!(opens(&app, &left, &new), [true; 4], "without the former secret");
    assert_eq!(opens(&app, &left, &old), [false; 4]);
    assert_eq!((found(&new), found(&old)), (1, 0));

    // The link that was mailed opens the case, and so does the one that the new secret makes; another does not.
    let mut citizen = app.visitor("marlhaven");
    citizen.get(&format!("/track/{}/{}", left.reference, left.link)).is(200);
    let next = cases::track_token(&new, app.id("marlhaven"), left.case);
    citizen.get(&format!("/track/{}/{}", left.reference, next.expose())).is(200);
    let wrong = cases::track_token(&Secret::new(&[9; 32]), app.id("marlhaven"), left.case);
    citizen.get(&format!("/track/{}/{}", left.reference, wrong.expose())).is(404);

    // A stranger's secret renews nothing and says that it opens nothing.
    let lost = rotate(&app, &Secret::new(&[9; 32]).after(&[8; 32]));
    let of = |what: &str| lost.iter().find(|(name, _)| *name == what).unwrap().1;
    assert_eq!((of("answer sheets").lost, of("answer sheets").renewed, of("files").lost), (1, 0, 1));
    drop(officer);
    app::settle(&app.site).unwrap();
}

#[test]
fn seeds_of_staff_and_open_pages_outlive_a_change() {
    let app = App::start();
    let id = app.id("marlhaven");
    let old = Secret::new(OLD);
    let both = Secret::new(NEW).after(OLD);
    let token = identity::issue_token(&old, id, Uuid::from_u128(1), Uuid::from_u128(2), app.now()).unwrap();
    assert!(identity::read_token(&both, id, &token, app.now()).is_some(), "nobody is signed out");
    assert!(identity::read_token(&Secret::new(NEW), id, &token, app.now()).is_none());

    let (name, roles) = ("New Person", [Role::Officer]);
    let new = identity::NewStaff::new(
        &app.authority("marlhaven"),
        "new.person@marlhaven.example",
        name,
        &roles,
        moothall::kernel::Pence(0),
    );
    let by = moothall::kernel::Actor { staff_id: None, name: "Test".into(), authority_name: "Test".into() };
    let new = new.unwrap_or_else(|faults| panic!("{faults:?}"));
    let invitation = app.scoped("marlhaven", |tx| identity::add(tx, &old, app.now(), &by, &new));
    let link = invitation.path.rsplit('/').next().unwrap();
    let invite = |secret: &Secret| {
        app.site.db.scoped(moothall::platform::Scope::own(id), |tx| identity::invite(tx, secret, link, app.now()))
    };
    assert!(invite(&both).unwrap().is_some() && invite(&Secret::new(NEW)).is_err());
    rotate(&app, &both);
    assert!(invite(&Secret::new(NEW)).unwrap().is_some() && invite(&old).is_err());

    // A sheet never changes: what the server's role may write anew is its seals.
    let refused =
        diesel::sql_query("update answer_sheet set sheet = '{}'").execute(&mut app.database.connect("moothall_app"));
    assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")));
}
