//! Files, then database: what applying a folder does, and does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use moothall::agreements::{self, State};
use moothall::forms;
use moothall::kernel::billing_date;
use moothall::kernel::seal::sha256_hex;
use moothall::platform::Db;
use moothall::setup::{self, Options, Plan, Source, Take};
use tempfile::TempDir;

use super::harness::{App, Database, NOW};

/// A folder that a test may change.
struct Folder(TempDir);

impl Folder {
    fn of_the_demonstration() -> Folder {
        let dir = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants"), dir.path());
        Folder(dir)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Writes something else in a file; the old words must be there.
    #[track_caller]
    fn change(&self, file: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(old), "{file} does not say {old}");
        fs::write(self.path(file), text.replacen(old, new, 1)).unwrap();
    }

    fn apply(&self, db: &Db, take: Option<Take>) -> Plan {
        let files = setup::read(self.0.path()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        setup::apply(db, &files, options(take)).unwrap()
    }

    fn plan(&self, db: &Db, take: Option<Take>) -> Plan {
        let files = setup::read(self.0.path()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        setup::plan(db, &files, options(take)).unwrap()
    }
}

fn options(take: Option<Take>) -> Options {
    Options { take, now: NOW.parse().unwrap(), demonstration: true }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What a plan says, as the command prints it.
fn said(plan: &Plan) -> String {
    let mut lines = plan.changes.clone();
    lines.extend(plan.notes.iter().map(|note| format!("note: {note}")));
    for refused in &plan.refused {
        lines.push(format!("refused: {}", refused.what));
        lines.extend(refused.difference.iter().map(|line| format!("    {line}")));
    }
    lines.join("\n")
}

/// Every row of what files can change, in a few letters.
fn state(database: &Database) -> String {
    let tables = "authority authority_host applied_part service_version service_draft agreement agreement_service \
                  signature tariff_version audit_entry outbox";
    let rows: Vec<String> = tables
        .split_whitespace()
        .flat_map(|table| {
            database.texts(&format!("select '{table}' || to_jsonb(t)::text as text from {table} t order by 1"))
        })
        .collect();
    sha256_hex(rows.join("\n").as_bytes())
}

#[test]
fn the_first_time_brings_everything_and_the_second_nothing() {
    let (folder, database) = (Folder::of_the_demonstration(), Database::empty());
    let db = database.db();
    let empty = state(&database);
    let plan = folder.plan(&db, None);
    assert_eq!(state(&database), empty, "a plan changes nothing");
    let first = folder.apply(&db, None);
    assert_eq!(said(&first), said(&plan), "the plan is what happens");
    insta::assert_snapshot!(said(&first), @r"
    eastmere: new authority, Eastmere District Council at eastmere.localhost
    eastmere: the service abandoned-vehicle is published, version 1
    eastmere: the service complaint is published, version 1
    eastmere: the service council-tax-move is published, version 1
    eastmere: the service dropped-kerb is published, version 1
    eastmere: the service fly-tipping is published, version 1
    eastmere: the service housing-repair is published, version 1
    eastmere: the service missed-bin is published, version 1
    eastmere: the service noise is published, version 1
    eastmere: the service pothole is published, version 1
    eastmere: the service single-person-discount is published, version 1
    eastmere: 37 addresses instead of 0
    hartsmoor: new authority, Hartsmoor County Borough Council at hartsmoor.localhost
    hartsmoor: the service blue-badge is published, version 1
    hartsmoor: the service complaint is published, version 1
    hartsmoor: the service dropped-kerb is published, version 1
    hartsmoor: the service fly-tipping is published, version 1
    hartsmoor: the service missed-bin is published, version 1
    hartsmoor: the service noise is published, version 1
    hartsmoor: the service pothole is published, version 1
    hartsmoor: the service private-help is published, version 1
    hartsmoor: the service single-person-discount is published, version 1
    hartsmoor: the service street-light is published, version 1
    hartsmoor: 37 addresses instead of 0
    marlhaven: new authority, Marlhaven City Council at marlhaven.localhost
    marlhaven: the service abandoned-vehicle is published, version 1
    marlhaven: the service adult-care-assessment is published, version 1
    marlhaven: the service blue-badge is published, version 1
    marlhaven: the service bus-pass is published, version 1
    marlhaven: the service complaint is published, version 1
    marlhaven: the service council-tax-move is published, version 1
    marlhaven: the service dropped-kerb is published, version 1
    marlhaven: the service fly-tipping is published, version 1
    marlhaven: the service housing-repair is published, version 1
    marlhaven: the service missed-bin is published, version 1
    marlhaven: the service noise is published, version 1
    marlhaven: the service pothole is published, version 1
    marlhaven: the service private-help is published, version 1
    marlhaven: the service single-person-discount is published, version 1
    marlhaven: the service street-light is published, version 1
    marlhaven: 61 addresses instead of 0
    operator: new authority, Moothall Operations at operator.localhost
    wealdshire: new authority, Wealdshire County Council at wealdshire.localhost
    wealdshire: the service adult-care-assessment is published, version 1
    wealdshire: the service blue-badge is published, version 1
    wealdshire: the service bus-pass is published, version 1
    wealdshire: the service complaint is published, version 1
    wealdshire: the service dropped-kerb is published, version 1
    wealdshire: the service pothole is published, version 1
    wealdshire: the service street-light is published, version 1
    wealdshire: 54 addresses instead of 0
    agreements/audit-partnership/eastmere: WCC-PART-2026-01 is put forward, wealdshire for eastmere, from 2026-04-01 until 2029-04-01
    agreements/audit-partnership/eastmere: signed for wealdshire by Helen Ashdown on 2026-03-12
    agreements/audit-partnership/eastmere: signed for eastmere by Judith Fenwick on 2026-03-18
    agreements/audit-partnership/marlhaven: WCC-PART-2026-01 is put forward, wealdshire for marlhaven, from 2026-04-01 until 2029-04-01
    agreements/audit-partnership/marlhaven: signed for wealdshire by Helen Ashdown on 2026-03-12
    agreements/audit-partnership/marlhaven: signed for marlhaven by Dominic Sayle on 2026-03-17
    agreements/wealdshire-eastmere: WCC-EDC-2026-05 is put forward, wealdshire for eastmere, from 2026-04-01 until 2029-04-01
    agreements/wealdshire-eastmere: signed for wealdshire by Helen Ashdown on 2026-03-19
    agreements/wealdshire-eastmere: signed for eastmere by Judith Fenwick on 2026-03-24
    agreements/wealdshire-marlhaven: WCC-MCC-2026-03 is put forward, wealdshire for marlhaven, from 2026-04-01 until 2029-04-01
    agreements/wealdshire-marlhaven: signed for wealdshire by Helen Ashdown on 2026-03-12
    agreements/wealdshire-marlhaven: signed for marlhaven by Dominic Sayle on 2026-03-16
    ");
    let full = state(&database);
    assert_eq!(said(&folder.apply(&db, None)), "");
    // A comment and another order of keys change nothing that a file says.
    folder.change("marlhaven/tenant.toml", "name = \"Marlhaven City Council\"\n", "");
    folder.change("marlhaven/tenant.toml", "prefix =", "name = \"Marlhaven City Council\" # the city's\nprefix =");
    assert_eq!(said(&folder.apply(&db, Some(Take::File))), "");
    assert_eq!(state(&database), full);

    let app = App::start_on(database, |_| ());
    app.visitor("marlhaven").get("/").is(200).has("Report a pothole");
    app.scoped("marlhaven", |tx| {
        let bound = agreements::in_force(tx, "pothole", billing_date(app.now()))?.expect("an agreement in force");
        assert_eq!((bound.provider, bound.reference.as_str()), (app.id("wealdshire"), "WCC-MCC-2026-03"));
        Ok(())
    });
}

#[test]
fn a_changed_file_is_a_look_at_once_a_draft_or_another_variation() {
    let (folder, database) = (Folder::of_the_demonstration(), Database::empty());
    folder.apply(&database.db(), None);
    let app = App::start_on(database, |_| ());
    let db = app.site.db.clone();
    folder.change("marlhaven/tenant.toml", "headline = \"What", "headline = \"So what");
    folder.change("marlhaven/services/pothole.toml", "name = \"Report a pothole\"", "name = \"Report a road defect\"");
    folder.change("agreements/wealdshire-marlhaven.toml", "payment_terms_days = 30", "payment_terms_days = 20");
    fs::remove_file(folder.path("hartsmoor/services/missed-bin.toml")).unwrap();
    insta::assert_snapshot!(said(&folder.apply(&db, None)), @r"
    marlhaven: portal.headline changed
    marlhaven: the service pothole has a new draft (name changed since version 1); moothall service publish marlhaven pothole publishes it
    agreements/wealdshire-marlhaven: variation 2 of WCC-MCC-2026-03 is put forward (payment_terms_days changed); it binds from the month after both have signed it
    note: hartsmoor: the service missed-bin has no file any more; it stays
    note: agreements/wealdshire-marlhaven: wealdshire has not signed this text of WCC-MCC-2026-03; until both have, it is offered and does not bind
    note: agreements/wealdshire-marlhaven: marlhaven has not signed this text of WCC-MCC-2026-03; until both have, it is offered and does not bind
    ");

    app.refresh();
    let mut visitor = app.visitor("marlhaven");
    visitor.get("/").is(200).has("So what").has("Report a pothole").lacks("Report a road defect");
    app.visitor("hartsmoor").get("/").is(200).has("missed bin");
    app.scoped("marlhaven", |tx| {
        let on = billing_date(app.now());
        let mut variations = agreements::list(tx)?;
        variations.retain(|agreement| agreement.reference == "WCC-MCC-2026-03");
        let states: Vec<_> = variations.iter().map(|a| (a.variation, a.payment_terms_days, a.state(on))).collect();
        assert_eq!(states, [(2, 20, State::Offered), (1, 30, State::InForce)]);
        assert_eq!(
            agreements::in_force(tx, "pothole", on)?.map(|bound| bound.agreement_id),
            variations.last().map(|first| first.id)
        );
        Ok(())
    });

    let marlhaven = app.authority("marlhaven");
    assert_eq!(
        setup::publish_service(&db, app.now(), &marlhaven, "pothole", Source::Draft, billing_date(app.now())).unwrap(),
        2
    );
    app.refresh();
    visitor.get("/").is(200).has("Report a road defect");
    insta::assert_snapshot!(
        setup::publish_service(&db, app.now(), &marlhaven, "pothole", Source::Draft, billing_date(app.now())).unwrap_err().to_string(),
        @r#"marlhaven has no draft of a service "pothole", so nothing is published"#
    );
    assert!(folder.apply(&db, None).changes.is_empty());

    // Back to what is published: the draft that waited is dropped.
    folder.change("marlhaven/services/pothole.toml", "target_working_days = 5", "target_working_days = 6");
    folder.apply(&db, None);
    folder.change("marlhaven/services/pothole.toml", "target_working_days = 6", "target_working_days = 5");
    insta::assert_snapshot!(folder.apply(&db, None).changes.join("\n"), @"marlhaven: the service pothole is version 2 again; its draft is dropped");
    app.scoped("marlhaven", |tx| {
        assert_eq!(forms::read_draft(tx, "pothole")?, None);
        Ok(())
    });
}

#[test]
fn what_changed_on_both_sides_waits_for_a_word() {
    let (folder, database) = (Folder::of_the_demonstration(), Database::empty());
    let db = database.db();
    folder.apply(&db, None);
    database.force("update authority set short_name = '\"Marl\"' where slug = 'marlhaven'");
    assert_eq!(said(&folder.apply(&db, None)), "", "the database is the truth while the file stays as it was");
    folder.change("marlhaven/tenant.toml", "phone = \"01632 960 100\"", "phone = \"01632 960 111\"");
    folder.change("eastmere/tenant.toml", "phone = \"01632 960", "phone = \"01632 961");
    let before = state(&database);
    insta::assert_snapshot!(said(&folder.apply(&db, None)), @r#"
    eastmere: contact.phone changed
    refused: marlhaven has changed in the files and in the database since they last agreed
        contact.phone: the file has "01632 960 111", the database "01632 960 100"
        short_name: the file has "Marlhaven", the database "Marl"
    "#);
    assert_eq!(state(&database), before, "one refusal keeps everything as it is");

    assert_eq!(
        folder.apply(&db, Some(Take::Database)).changes,
        ["eastmere: contact.phone changed", "marlhaven: kept as it is in the database"]
    );
    assert_eq!(said(&folder.apply(&db, None)), "");
    folder.change("marlhaven/tenant.toml", "01632 960 111", "01632 960 112");
    assert_eq!(folder.apply(&db, None).changes, ["marlhaven: contact.phone, short_name changed"]);

    database.force("update authority set short_name = '\"Marl\"' where slug = 'marlhaven'");
    folder.change("marlhaven/tenant.toml", "01632 960 112", "01632 960 113");
    assert_eq!(folder.apply(&db, None).refused.len(), 1);
    assert_eq!(folder.apply(&db, Some(Take::File)).changes, ["marlhaven: contact.phone, short_name changed"]);
}

#[test]
fn what_the_files_no_longer_have_stays_and_is_in_nobodys_way() {
    let (folder, database) = (Folder::of_the_demonstration(), Database::empty());
    let db = database.db();
    folder.apply(&db, None);
    fs::remove_dir_all(folder.path("hartsmoor")).unwrap();
    fs::remove_file(folder.path("agreements/wealdshire-eastmere.toml")).unwrap();
    folder.change("eastmere/services/pothole.toml", "partner = \"wealdshire\"\n", "");
    folder.change("eastmere/services/dropped-kerb.toml", "partner = \"wealdshire\"\n", "");
    folder.change("eastmere/tenant.toml", "hosts = [", "hosts = [\"hartsmoor.localhost\", ");
    let text = fs::read_to_string(folder.path("agreements/wealdshire-marlhaven.toml")).unwrap();
    fs::write(
        folder.path("agreements/wealdshire-eastmere-roads.toml"),
        text.replace("\"WCC-MCC-2026-03\"", "\"WCC-EDC-2027\"").replace("\"marlhaven\"", "\"eastmere\""),
    )
    .unwrap();
    let before = state(&database);
    insta::assert_snapshot!(said(&folder.apply(&db, None)), @r"
    eastmere: hosts.1, hosts.2 changed
    eastmere: the service dropped-kerb has a new draft (routing.partner changed since version 1); moothall service publish eastmere dropped-kerb publishes it
    eastmere: the service pothole has a new draft (routing.partner changed since version 1); moothall service publish eastmere pothole publishes it
    agreements/wealdshire-eastmere-roads: WCC-EDC-2027 is put forward, wealdshire for eastmere, from 2026-04-01 until 2029-04-01
    agreements/wealdshire-eastmere-roads: signed for wealdshire by Helen Ashdown on 2026-03-12
    agreements/wealdshire-eastmere-roads: signed for eastmere by Dominic Sayle on 2026-03-16
    note: hartsmoor: in the database and not in these files; it stays
    refused: eastmere: the host hartsmoor.localhost is that of hartsmoor, which is in the database
    refused: agreements/wealdshire-eastmere-roads: WCC-EDC-2026-05 names the service dropped-kerb already, from 2026-04-01 until 2029-04-01
    ");
    assert_eq!(state(&database), before);
}

#[test]
fn an_agreement_that_one_party_has_not_signed_is_offered_and_said_so() {
    let (folder, database) = (Folder::of_the_demonstration(), Database::empty());
    let db = database.db();
    let file = "agreements/wealdshire-marlhaven.toml";
    let signed = fs::read_to_string(folder.path(file)).unwrap();
    let (unsigned, _) = signed.rsplit_once("[[signature]]").unwrap();
    fs::write(folder.path(file), unsigned).unwrap();
    insta::assert_snapshot!(folder.apply(&db, None).notes.join("\n"), @"agreements/wealdshire-marlhaven: marlhaven has not signed this text of WCC-MCC-2026-03; until both have, it is offered and does not bind");
    fs::write(folder.path(file), &signed).unwrap();
    let second = folder.apply(&db, None);
    assert_eq!(second.notes, [""; 0]);
    insta::assert_snapshot!(second.changes.join("\n"), @"agreements/wealdshire-marlhaven: signed for marlhaven by Dominic Sayle on 2026-03-16");
    assert_eq!(said(&folder.apply(&db, None)), "");
}

/// Runs the program; says its exit code and what it printed.
pub fn moothall(database: Option<&Database>, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moothall"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("DATABASE_URL");
    if let Some(database) = database {
        command
            .env("DATABASE_URL", database.url("moothall_app"))
            .env("DATABASE_ROUTER_URL", database.url("moothall_router"))
            .env("DATABASE_SYSTEM_URL", database.url("moothall_system"));
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn commands_end_with_what_they_found() {
    let (code, out, _) = moothall(None, &["tenant", "check", "tenants"]);
    assert_eq!((code, out.as_str()), (Some(0), "tenants is right: 5 authorities, 42 services, 4 agreements.\n"));
    let (code, out, _) = moothall(None, &["tenant", "check", "tests/fixtures/broken"]);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("tests/fixtures/broken/Elm:1:1: "), "{out}");
    let (code, ..) = moothall(None, &["tenant", "inspect"]);
    assert_eq!(code, Some(2));
    let (code, _, err) = moothall(None, &["tenant", "list"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(err, @"moothall: DATABASE_URL is not set; for example postgres://moothall_app:…@host/moothall");

    let database = Database::empty();
    let run = |arguments: &[&str]| {
        let (code, out, err) = moothall(Some(&database), arguments);
        format!("{}: {out}{err}", code.unwrap_or(-1))
    };
    assert!(run(&["tenant", "apply", "tenants"]).ends_with("63 changes applied.\n"));
    insta::assert_snapshot!(run(&["tenant", "apply", "tenants", "--dry-run"]), @"0: There is nothing to change.");
    insta::assert_snapshot!(run(&["tenant", "list"]), @r"
    0: eastmere         district   EAS Eastmere District Council  eastmere.localhost (demonstration)
    hartsmoor        unitary    HAR Hartsmoor County Borough Council  hartsmoor.localhost (demonstration)
    marlhaven        unitary    MAR Marlhaven City Council  marlhaven.localhost (demonstration)
    wealdshire       county     WEA Wealdshire County Council  wealdshire.localhost (demonstration)
    operator         operator   OPS Moothall Operations  operator.localhost (demonstration)
    ");
    insta::assert_snapshot!(run(&["service", "publish", "marlhavn", "pothole"]), @r#"1: moothall: there is no authority "marlhavn"; there are eastmere, hartsmoor, marlhaven, wealdshire, operator"#);
    assert!(run(&["verify"]).ends_with(" 0 breaches.\n"));
    database.force("insert into number_series values ((select tenant_id from authority where slug = 'wealdshire'), 'invoice', 2026, 3)");
    let found = run(&["verify"]);
    assert!(found.starts_with("1: ") && found.ends_with(" 1 breach.\n"), "{found}");
}
