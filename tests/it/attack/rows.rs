//! The walls within the database, tried as the server's own roles in every scope that two ids can make: what a table shows
//! when it is read whole without any predicate, which rows may be added, changed and removed. What must come out is worked
//! out by the superuser from the class that the table declares, in words of this file's own.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::canary;
use super::seed::{World, lines, no_id};

/// A table and its class.
struct Table {
    name: String,
    class: String,
}

fn tables(world: &World) -> Vec<Table> {
    let sql = "select c.relname || '|' || coalesce(obj_description(c.oid, 'pg_class'), '') as line from pg_class c \
               where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace \
               and c.relname <> '__diesel_schema_migrations' order by 1";
    let tables = world.ask(sql).into_iter().map(|line| {
        let (name, class) = line.split_once('|').unwrap();
        Table { name: name.to_owned(), class: class.to_owned() }
    });
    tables.collect()
}

/// Whose rows are worked on, and who acts.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Scope {
    tenant: String,
    actor: String,
}

/// Every pair of authorities, one nobody, and one that is not set.
fn scopes(world: &World) -> Vec<Scope> {
    let mut ids = world.ask("select tenant_id::text as line from authority order by slug");
    ids.push(no_id(&world.app));
    ids.push(String::new());
    let pairs = ids.iter().flat_map(|t| ids.iter().map(move |a| Scope { tenant: t.clone(), actor: a.clone() }));
    pairs.collect()
}

fn enter(conn: &mut PgConnection, scope: &Scope) {
    let sql = format!("begin; set local app.tenant = '{}'; set local app.actor = '{}'", scope.tenant, scope.actor);
    conn.batch_execute(&sql).unwrap();
}

/// The rule of a class in this scope, as a condition on a row.
fn rule(class: &str, command: &str, scope: &Scope) -> String {
    let id = |id: &str| if id.is_empty() { "null::uuid".to_owned() } else { format!("'{id}'::uuid") };
    let (t, a) = (id(&scope.tenant), id(&scope.actor));
    let party = format!("(tenant_id = {a} or provider_id = {a})");
    let held = format!("(tenant_id = {t} and {a} in (tenant_id, handler_id))");
    let drafted = format!("({party} and (author_id = {a} or shared_at is not null))");
    let rule = match (class, command) {
        (_, "read") if class.starts_with("global") => "false".to_owned(),
        ("own", _) => format!("tenant_id = {a}"),
        ("case root", "read") => format!("({held} or handler_id = {a})"),
        ("case root", "add") => format!("(tenant_id = {t} and tenant_id = {a})"),
        ("case root", "remove") => format!("(tenant_id = {t} and tenant_id = {a} and closed)"),
        ("case root" | "case", "read" | "add" | "change") => held,
        ("bilateral either" | "bilateral party" | "bilateral system", "read") => party,
        ("bilateral either", "add") => format!("(tenant_id = {t} and {party})"),
        ("bilateral author" | "bilateral provider", "read") => drafted,
        ("bilateral author", "add") => format!("(tenant_id = {t} and author_id = {a} and {party})"),
        ("bilateral author", "change") => format!("(tenant_id = {t} and author_id = {a} and shared_at is null)"),
        ("bilateral provider", "add") => format!("(tenant_id = {t} and provider_id = {a} and author_id = {a})"),
        ("bilateral provider", "change" | "remove") => {
            format!("(tenant_id = {t} and provider_id = {a} and shared_at is null)")
        }
        ("bilateral party", "add") => format!("(tenant_id = {t} and party_id = {a} and {party})"),
        ("audit", "read") => format!("{a} in (tenant_id, actor_id, handler_id)"),
        ("audit", "add") => format!("(tenant_id = {t} and actor_id = {a})"),
        ("public", "read") => "true".to_owned(),
        ("public", _) => format!("tenant_id = {a}"),
        ("queue", "add") => format!("tenant_id = {t}"),
        ("queue of parties", "add") => format!("(tenant_id = {t} and {party})"),
        _ => "false".to_owned(),
    };
    format!("coalesce({rule}, false)")
}

fn rows(conn: &mut PgConnection, table: &str, condition: &str) -> QueryResult<Vec<String>> {
    lines(conn, &format!("select r::text as line from {table} r where {condition} order by 1"))
}

fn refusal(result: QueryResult<impl std::fmt::Debug>) -> String {
    match result {
        Err(diesel::result::Error::DatabaseError(_, info)) => info.message().to_owned(),
        other => format!("done: {other:?}"),
    }
}

#[test]
fn a_table_read_whole_shows_what_its_class_allows_in_every_scope() {
    let world = World::start();
    let (tables, scopes) = (tables(&world), scopes(&world));
    assert!(tables.len() > 25 && scopes.len() == 49, "{} tables, {} scopes", tables.len(), scopes.len());
    let prefixes: BTreeMap<String, String> = world
        .ask("select tenant_id::text || ' ' || prefix as line from authority")
        .iter()
        .map(|line| line.split_once(' ').map(|(id, prefix)| (id.to_owned(), prefix.to_owned())).unwrap())
        .collect();
    let (mut app, mut god) = (world.database.connect("moothall_app"), world.database.connect("postgres"));
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for scope in &scopes {
        enter(&mut app, scope);
        for Table { name, class } in &tables {
            app.batch_execute("savepoint here").unwrap();
            let shown = rows(&mut app, name, "true");
            let allowed = rows(
                &mut god,
                name,
                &if class.starts_with("global") { "false".to_owned() } else { rule(class, "read", scope) },
            )
            .unwrap();
            match shown {
                Ok(shown) => {
                    let may_all_read = name == "installation";
                    assert!(shown == allowed || may_all_read, "{name} ({class}) in {scope:?}: {} rows", shown.len());
                    // What the classes allow must itself be right: nobody reads what is another's alone.
                    let viewer = prefixes.get(&scope.actor).map_or("nobody", String::as_str);
                    let leaked: Vec<_> = shown.iter().flat_map(|row| canary::foreign(viewer, row)).collect();
                    assert_eq!(leaked, [""; 0], "{name} in {scope:?}");
                    *seen.entry(name).or_default() += shown.len();
                }
                refused => {
                    assert_eq!(refusal(refused), format!("permission denied for table {name}"));
                    assert!(
                        class.starts_with("queue") || class.starts_with("global"),
                        "{name} ({class}) cannot be read"
                    );
                }
            }
            app.batch_execute("rollback to here").unwrap();
        }
        app.batch_execute("rollback").unwrap();
    }
    let empty: Vec<_> = tables.iter().filter(|t| seen.get(t.name.as_str()) == Some(&0)).map(|t| &t.name).collect();
    // No price of the seed has limits for each item.
    let may_be_empty = |name: &&&String| ["staff_invite", "usage_item"].contains(&name.as_str());
    assert!(empty.iter().all(|name| may_be_empty(&name)), "the seed leaves nothing to leak in {empty:?}");
}

#[test]
fn the_router_reads_what_is_public_and_the_system_what_it_works_on() {
    let world = World::start();
    for (role, may) in [
        ("moothall_router", &["public"][..]),
        ("moothall_system", &["public", "queue", "queue of parties", "bilateral system"]),
    ] {
        let mut conn = world.database.connect(role);
        for Table { name, class } in tables(&world) {
            let read = conn.batch_execute(&format!("select * from {name}")).is_ok();
            assert_eq!(read, may.contains(&class.as_str()) || class.starts_with("global") && read, "{role}: {name}");
        }
    }
}

#[test]
fn a_row_is_added_only_by_whom_its_class_allows() {
    let world = World::start();
    let (mut app, mut god) = (world.database.connect("moothall_app"), world.database.connect("postgres"));
    let (mut tried, mut let_in) = (0, 0);
    for Table { name, class } in tables(&world).iter().filter(|t| !t.class.starts_with("global")) {
        // A row of each owner, partner and author.
        let parties = ["handler_id", "provider_id", "author_id", "party_id", "actor_id"];
        let columns = lines(
            &mut god,
            &format!(
                "select attname::text as line from pg_attribute where attrelid = '{name}'::regclass and attnum > 0 \
                 and attgenerated = '' and not attisdropped"
            ),
        )
        .unwrap();
        let all = columns.join(", ");
        let keys: Vec<&str> = parties.into_iter().filter(|p| columns.iter().any(|c| c == p)).collect();
        let keys = [&["tenant_id"], keys.as_slice()].concat().join(", ");
        let sql = format!("select to_jsonb(r)::text as line from (select distinct on ({keys}) * from {name}) r");
        let samples = lines(&mut god, &sql).unwrap();
        for scope in scopes(&world) {
            for row in &samples {
                let row = row.replace('\'', "''");
                let copy = format!("jsonb_populate_record(null::{name}, '{row}')");
                let may =
                    lines(&mut god, &format!("select ({})::text as line from {copy}", rule(class, "add", &scope)));
                enter(&mut app, &scope);
                let added = app.batch_execute(&format!("insert into {name} ({all}) select {all} from {copy}"));
                app.batch_execute("rollback").unwrap();
                let refused = refusal(added);
                let by_policy = refused.contains("row-level security") || refused.contains("permission denied");
                assert_eq!(may.unwrap()[0] == "true", !by_policy, "{name} ({class}) in {scope:?}: {refused}: {row}");
                tried += 1;
                let_in += usize::from(!by_policy);
            }
        }
    }
    assert!(tried > 2000 && let_in > 100 && let_in * 5 < tried, "{let_in} of {tried}");
}

#[test]
fn rows_are_changed_and_removed_only_by_whom_their_class_allows() {
    let world = World::start();
    let (mut app, mut god) = (world.database.connect("moothall_app"), world.database.connect("postgres"));
    let mut changed = 0;
    for Table { name, class } in tables(&world).iter().filter(|t| !t.class.starts_with("global")) {
        let granted = lines(
            &mut god,
            &format!(
                "select attname::text as line from pg_attribute where attrelid = '{name}'::regclass and attnum > 0 \
                 and has_column_privilege('moothall_app', attrelid, attnum, 'update')"
            ),
        )
        .unwrap();
        let fixed = ["tenant_id", "provider_id", "author_id", "party_id", "actor_id", "partner_id", "id"];
        assert!(granted.iter().all(|column| !fixed.contains(&column.as_str())), "{name} may change {granted:?}");
        for scope in scopes(&world) {
            let count = |god: &mut PgConnection, command: &str| {
                let sql = format!("select count(*)::text as line from {name} where {}", rule(class, command, &scope));
                lines(god, &sql).unwrap()[0].parse::<usize>().unwrap()
            };
            // An update also has to see the rows.
            if let Some(column) = granted.first() {
                let may = count(&mut god, "change");
                enter(&mut app, &scope);
                let done = diesel::sql_query(format!("update {name} set {column} = {column}")).execute(&mut app);
                assert_eq!(done, Ok(may), "{name} ({class}) in {scope:?}");
                changed += may;
                app.batch_execute("rollback").unwrap();
            }
            enter(&mut app, &scope);
            let removed = diesel::sql_query(format!("delete from {name}")).execute(&mut app);
            app.batch_execute("rollback").unwrap();
            match removed {
                Ok(removed) => assert_eq!(removed, count(&mut god, "remove"), "{name} ({class}) in {scope:?}"),
                Err(_) => {
                    let refused = refusal(removed);
                    let known = refused.contains("permission denied") || refused.contains("foreign key");
                    assert!(known, "{name}: {refused}");
                }
            }
        }
    }
    assert!(changed > 100, "{changed}");
}

#[test]
fn nobody_puts_a_row_of_theirs_under_anothers() {
    let world = World::start();
    let now = world.now();
    let (here, there) = (world.id("hartsmoor"), world.id("eastmere"));
    let of = |table: &str, whose| {
        world.one(&format!("select id::text as line from {table} where tenant_id = '{whose}' limit 1"))
    };
    let children = [
        (
            "staff_session",
            of("staff", there),
            "insert into staff_session (id, staff_id, started_at, expires_at) values ('{new}', '{id}', '{now}', '{now}')",
        ),
        (
            "staff_invite",
            of("staff", there),
            "insert into staff_invite (id, staff_id, token_hash, totp_sealed, expires_at) values ('{new}', '{id}', '', '', '{now}')",
        ),
        (
            "answer_sheet",
            of("cases", there),
            "insert into answer_sheet (case_id, handler_id, sheet) values ('{id}', '{me}', '{}')",
        ),
        (
            "draft_upload",
            of("draft", there),
            "insert into draft_upload (id, draft_id, n, field, blob, name, kind, size, sha256, state, added_at) values ('{new}', '{id}', 99, '', '{new}', '', 'pdf', 1, '', 'clean', '{now}')",
        ),
        (
            "case_file",
            of("cases", there),
            "insert into case_file (id, case_id, handler_id, n, field, blob, name, kind, size, sha256, state, added_at) values ('{new}', '{id}', '{me}', 99, '', '{new}', '', 'pdf', 1, '', 'clean', '{now}')",
        ),
        (
            "case_event",
            of("cases", there),
            "insert into case_event (id, case_id, handler_id, kind, seen_by, actor_id, actor_name, body, at) values ('{new}', '{id}', '{me}', 'note', 'citizen', '{me}', '', '', '{now}')",
        ),
        (
            "case_time",
            of("cases", there),
            "insert into case_time (id, case_id, handler_id, actor_id, minutes, worked_on, work, by_name, at) values ('{new}', '{id}', '{me}', '{me}', 5, '2026-11-20', 'desk', '', '{now}')",
        ),
        (
            "agreement_service",
            of("agreement", there),
            "insert into agreement_service (tenant_id, agreement_id, provider_id, service, meter, reversed_when, author_id) values ('{me}', '{id}', '{them}', 's', 'm', '[]', '{me}')",
        ),
        (
            "signature",
            of("agreement", there),
            "insert into signature (tenant_id, id, agreement_id, provider_id, kind, name, office, signed_on, content_hash, recorded_at) values ('{me}', '{new}', '{id}', '{them}', 'paper', '', '', '2026-01-01', '', '{now}')",
        ),
        (
            "usage_event",
            of("agreement", there),
            "insert into usage_event (tenant_id, id, provider_id, agreement_id, service, meter, source_id, subject_id, reference, quantity, reversed_when, occurred_at, billing_date, recorded_at) values ('{me}', '{new}', '{them}', '{id}', 's', 'm', '{new}', '{new}', '', 1000, '[]', '{now}', '2026-01-01', '{now}')",
        ),
        (
            "line_dispute",
            world.one(&format!(
                "select id::text as line from document where tenant_id = '{there}' and issued_at is not null limit 1"
            )),
            "insert into line_dispute (tenant_id, id, provider_id, document_id, line, amount_pence, reason, doubted, by_name, at) values ('{me}', '{new}', '{them}', '{id}', 1, 1, '', '[]', '', '{now}')",
        ),
        (
            "dispute_entry",
            of("line_dispute", there),
            "insert into dispute_entry (tenant_id, id, dispute_id, provider_id, kind, body, by_name, at) values ('{me}', '{new}', '{id}', '{them}', 'message', '', '', '{now}')",
        ),
        (
            "remittance_entry",
            of("remittance", there),
            "insert into remittance_entry (tenant_id, id, remittance_id, provider_id, kind, reason, by_name, at) values ('{me}', '{new}', '{id}', '{them}', 'withdraw', '', '', '{now}')",
        ),
        (
            "review_entry",
            of("bill_run", there),
            "insert into review_entry (tenant_id, id, run_id, provider_id, kind, body, prepared_at, by_name, at) values ('{me}', '{new}', '{id}', '{them}', 'message', '', '{now}', '', '{now}')",
        ),
        (
            "allocation",
            of("remittance", there),
            "insert into allocation (tenant_id, id, remittance_id, document_id, provider_id, amount_pence, by_name, at) values ('{me}', '{new}', '{id}', '{new}', '{them}', 1, '', '{now}')",
        ),
        (
            "usage_intake",
            of("agreement", there),
            "insert into usage_intake (tenant_id, id, provider_id, source, source_ref, payload, agreement_id, received_at) values ('{me}', '{new}', '{them}', '', '', '{}', '{id}', '{now}')",
        ),
        (
            "posting",
            of("journal_entry", there),
            "insert into posting (entry_id, n, account, amount_pence) values ('{id}', 9, '', 1)",
        ),
    ];
    let mut app = world.database.connect("moothall_app");
    for (table, id, sql) in children {
        let mut answers = [id, no_id(&world.app)].map(|id| {
            let sql = sql
                .replace("{id}", &id)
                .replace("{new}", &no_id(&world.app))
                .replace("{me}", &here.to_string())
                .replace("{them}", &there.to_string())
                .replace("{now}", &now.to_string());
            enter(&mut app, &Scope { tenant: here.to_string(), actor: here.to_string() });
            let answer =
                refusal(app.batch_execute(&sql).and_then(|()| app.batch_execute("set constraints all immediate")));
            app.batch_execute("rollback").unwrap();
            answer
        });
        assert!(answers[0].contains("violates foreign key constraint"), "{table}: {answers:?}");
        answers.sort_unstable();
        assert_eq!(answers[0], answers[1], "{table} tells another's id from none");
    }
}

#[test]
fn what_another_has_takes_nothing_from_us() {
    let world = World::start();
    let (there, here) = (world.id("eastmere"), world.id("hartsmoor"));
    // Whatever is unique is unique within its tenant: a copy of every row of Eastmere's, made Hartsmoor's, only meets walls
    // that have nothing to do with Eastmere's having it.
    let mut conn = world.database.connect("moothall_app");
    for (table, unique) in [
        ("staff", "email"),
        ("cases", "reference"),
        ("draft", "id"),
        ("message", "id"),
        ("service_draft", "slug"),
        ("citizen_login", "token_hash"),
        ("citizen_session", "token_hash"),
    ] {
        let more = if table == "cases" { "handler_id = tenant_id" } else { "true" };
        let sql =
            format!("select to_jsonb(r)::text as line from {table} r where tenant_id = '{there}' and {more} limit 1");
        let row = world.one(&sql).replace(&there.to_string(), &here.to_string()).replace('\'', "''");
        enter(&mut conn, &Scope { tenant: here.to_string(), actor: here.to_string() });
        if table == "service_draft" {
            conn.batch_execute("delete from service_draft").unwrap();
        }
        let columns = world.one(&format!(
            "select string_agg(attname, ', ') as line from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 \
             and attgenerated = '' and not attisdropped"
        ));
        let done = diesel::sql_query(format!(
            "insert into {table} ({columns}) select {columns} from jsonb_populate_record(null::{table}, '{row}')"
        ))
        .execute(&mut conn);
        conn.batch_execute("rollback").unwrap();
        assert_eq!(done, Ok(1), "{table}.{unique}");
    }
}
