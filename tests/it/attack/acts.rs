//! What one party to an agreement may not do in the other's stead: in SQL as the server's own role in every scope, by a
//! tampered job, and over HTTP.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use moothall::app;
use moothall::identity::Role;
use moothall::notify::catcher::{Catcher, newest};
use moothall::platform::Clock;

use super::canary;
use super::ids::EVERYTHING;
use super::seed::{COUNCILS, World, no_id};

/// Runs a statement as `actor`, the scope turned to each authority in turn; says what came of each.
fn everywhere(world: &World, actor: &str, sql: &str) -> Vec<String> {
    let mut conn = world.database.connect("moothall_app");
    let mut answers = Vec::new();
    for tenant in ["marlhaven", "eastmere", "hartsmoor", "wealdshire", "operator"] {
        let (tenant, actor) = (world.id(tenant), world.id(actor));
        let begin = format!("begin; set local app.tenant = '{tenant}'; set local app.actor = '{actor}'");
        conn.batch_execute(&begin).unwrap();
        let sql = sql.replace("{new}", &no_id(&world.app));
        let done = diesel::sql_query(&sql).execute(&mut conn).and_then(|rows| {
            conn.batch_execute("set constraints all immediate")?;
            Ok(rows)
        });
        conn.batch_execute("rollback").unwrap();
        answers.push(match done {
            Ok(0) => "nothing".to_owned(),
            Ok(rows) => format!("DONE: {rows}"),
            Err(error) => error.to_string(),
        });
    }
    answers
}

#[track_caller]
fn refused(world: &World, actor: &str, what: &str, sql: &str) {
    let answers = everywhere(world, actor, sql);
    let walls = [
        "nothing",
        "row-level security",
        "permission denied",
        "foreign key",
        "exclusion",
        "check constraint",
        "duplicate key",
    ];
    for answer in &answers {
        assert!(walls.iter().any(|wall| answer.contains(wall)), "{actor}, {what}: {answers:?}");
    }
}

#[test]
fn no_party_does_the_others_acts() {
    let world = World::start();
    let [mar, eas, har, wea] = COUNCILS.map(|slug| world.id(slug));
    let now = world.now();
    let pick = |sql: &str| world.one(&format!("select {sql} limit 1"));
    let agreement = pick(&format!("id::text as line from agreement where tenant_id = '{mar}'"));
    let shared_case = pick(&format!(
        "id::text as line from cases where tenant_id = '{mar}' and handler_id = '{wea}' and state = 'new'"
    ));
    let home_case = pick(&format!("id::text as line from cases where tenant_id = '{mar}' and handler_id = '{mar}'"));
    let hash = pick(&format!("content_hash as line from agreement where id = '{agreement}'"));
    let issued = pick(&format!("id::text as line from document where tenant_id = '{mar}' and shared_at is not null"));
    let draft = pick(&format!("id::text as line from document where tenant_id = '{mar}' and shared_at is null"));
    let run = pick(&format!("run_id::text as line from document where id = '{issued}'"));
    let event = pick(&format!("id::text as line from usage_event where tenant_id = '{mar}' and reversal_of is null"));

    // Opening a case for the other, or having a council work a case that no agreement gives it.
    let case = |owner, handler, agreement: &str| {
        format!(
            "insert into cases (tenant_id, id, handler_id, agreement_id, reference, service, version, kind, title, state, closed, \
             routed_because, team, language, track_hash, opened_at, due_on) values ('{owner}', '{{new}}', '{handler}', {agreement}, \
             'MAR-EVIL', 'pothole', 1, 'report', 'x', 'new', false, 'x', 'x', 'en', '', '{now}', '2026-12-01')"
        )
    };
    let bound = format!("'{agreement}'");
    refused(&world, "wealdshire", "opens a case for Marlhaven", &case(mar, wea, &bound));
    refused(&world, "eastmere", "opens a case for Marlhaven", &case(mar, eas, "null"));
    refused(&world, "marlhaven", "opens a case for Wealdshire", &case(wea, mar, "null"));
    refused(&world, "hartsmoor", "gives Wealdshire a case without an agreement", &case(har, wea, "null"));
    refused(&world, "hartsmoor", "gives Wealdshire a case under another's agreement", &case(har, wea, &bound));
    refused(&world, "marlhaven", "gives Eastmere a case", &case(mar, eas, &bound));

    // Moving a case.
    for to in [mar, eas, har] {
        let sql = format!("update cases set handler_id = '{to}' where id = '{shared_case}'");
        refused(&world, "wealdshire", "gives a case away", &sql);
    }
    refused(
        &world,
        "marlhaven",
        "gives a case to a third",
        &format!("update cases set handler_id = '{eas}' where id = '{shared_case}'"),
    );
    for thief in ["wealdshire", "eastmere", "hartsmoor"] {
        let me = world.id(thief);
        refused(
            &world,
            thief,
            "takes a case",
            &format!("update cases set handler_id = '{me}' where id = '{home_case}'"),
        );
        refused(&world, thief, "writes on a case", &format!("update cases set team = 'x' where id = '{home_case}'"));
        let event = "insert into case_event (tenant_id, id, case_id, handler_id, kind, seen_by, actor_id, actor_name, body, at)";
        let sql = format!(
            "{event} values ('{mar}', '{{new}}', '{home_case}', '{me}', 'update', 'citizen', '{me}', 'x', 'x', '{now}')"
        );
        refused(&world, thief, "writes in the timeline of a case that it does not handle", &sql);
        let time = "insert into case_time (tenant_id, id, case_id, handler_id, actor_id, minutes, worked_on, work, by_name, at)";
        let sql = format!(
            "{time} values ('{mar}', '{{new}}', '{home_case}', '{me}', '{me}', 60, '2026-11-20', 'desk', 'x', '{now}')"
        );
        refused(&world, thief, "books time to a case that it does not handle", &sql);
        refused(&world, thief, "rewrites a booking", "update case_time set minutes = 600 where minutes > 0");
        let sheet = "insert into answer_sheet (tenant_id, case_id, handler_id, sheet)";
        refused(
            &world,
            thief,
            "puts answers on a case",
            &format!("{sheet} values ('{mar}', '{home_case}', '{me}', '{{}}')"),
        );
    }
    let reading = "update answer_sheet set handler_id = ";
    refused(
        &world,
        "wealdshire",
        "keeps the answers of a case",
        &format!("{reading}'{eas}' where case_id = '{shared_case}'"),
    );

    // Signing for the other.
    let sign = |party| {
        format!(
            "insert into signature (tenant_id, id, agreement_id, provider_id, party_id, kind, name, office, signed_on, content_hash, \
             recorded_at) values ('{mar}', '{{new}}', '{agreement}', '{wea}', '{party}', 'electronic', 'x', 'x', '2026-11-20', \
             '{hash}x', '{now}')"
        )
    };
    refused(&world, "wealdshire", "signs for Marlhaven", &sign(mar));
    refused(&world, "marlhaven", "signs for Wealdshire", &sign(wea));
    refused(&world, "eastmere", "signs for Marlhaven", &sign(mar));
    refused(&world, "eastmere", "signs as a third", &sign(eas));
    for party in ["marlhaven", "wealdshire"] {
        refused(
            &world,
            party,
            "alters a signature",
            &format!("update signature set name = 'x' where agreement_id = '{agreement}'"),
        );
        refused(
            &world,
            party,
            "withdraws a signature",
            &format!("delete from signature where agreement_id = '{agreement}'"),
        );
        refused(
            &world,
            party,
            "alters what was signed",
            &format!("update agreement set title = 'x' where id = '{agreement}'"),
        );
        refused(
            &world,
            party,
            "widens what was signed",
            &format!("update agreement_service set meter = 'x' where agreement_id = '{agreement}'"),
        );
    }

    for party in ["marlhaven", "eastmere", "hartsmoor"] {
        for author in [world.id(party), wea] {
            let service = format!(
                "insert into agreement_service (tenant_id, agreement_id, provider_id, service, meter, reversed_when, author_id, \
                 shared_at) values ('{mar}', '{agreement}', '{wea}', 'missed-bin', 'case.accepted', '[]', '{author}', '{now}')"
            );
            refused(&world, party, "adds a service to what Wealdshire offers", &service);
        }
    }

    // Pricing.
    let price = |author, from: &str, until: &str| {
        format!(
            "insert into tariff_version (tenant_id, id, provider_id, agreement_id, author_id, shared_at, version, effective_from, \
             effective_until, prices, content_hash, created_at) values ('{mar}', '{{new}}', '{wea}', '{agreement}', '{author}', '{now}', \
             99, '{from}', '{until}', '[]', '', '{now}')"
        )
    };
    refused(&world, "marlhaven", "prices as the provider", &price(wea, "2040-01-01", "2041-01-01"));
    refused(&world, "marlhaven", "prices what the provider has put forward", &price(mar, "2040-01-01", "2041-01-01"));
    refused(&world, "wealdshire", "prices what is priced", &price(wea, "2026-05-01", "2026-06-01"));
    refused(&world, "eastmere", "prices", &price(eas, "2040-01-01", "2041-01-01"));
    for party in COUNCILS {
        let sql = format!("update tariff_version set prices = '[]' where agreement_id = '{agreement}'");
        refused(&world, party, "alters a price", &sql);
        refused(
            &world,
            party,
            "unshares a price",
            &format!("update tariff_version set shared_at = null where agreement_id = '{agreement}'"),
        );
    }

    // Issuing, and what was issued.
    for party in COUNCILS {
        for sql in [
            format!("update document set net_pence = 1, gross_pence = 1 where id = '{issued}'"),
            format!("update document set shared_at = null, number = null where id = '{issued}'"),
            format!("update document set snapshot = '{{}}', sha256 = '' where id = '{issued}'"),
            format!("update document set due_on = '2030-01-01' where id = '{issued}'"),
            format!("update document_line set shared_at = null where document_id = '{issued}'"),
            format!("update bill_run set shared_at = null, issued_seq = null where id = '{run}'"),
            format!("delete from document where id = '{issued}'"),
            format!("delete from document_line where document_id = '{issued}'"),
            format!("delete from bill_run where id = '{run}'"),
        ] {
            refused(&world, party, "changes what was issued", &sql);
        }
    }
    for party in ["marlhaven", "eastmere", "hartsmoor"] {
        let me = world.id(party);
        let issue = format!("update document set shared_at = '{now}', number = 99 where id = '{draft}'");
        refused(&world, party, "issues", &issue);
        refused(&world, party, "drops a draft", &format!("delete from document where id = '{draft}'"));
        let line = format!(
            "insert into document_line (tenant_id, id, document_id, provider_id, author_id, shared_at, n, price, part, description, \
             quantity, unit_rate, net_pence, vat_category, vat_basis_points, vat_reason, vat_approver, tariff_version_id, \
             tariff_version, period_from, period_until, event_count, event_digest) values ('{mar}', '{{new}}', '{issued}', \
             '{me}', '{me}', '{now}', 99, 0, 'units', 'x', 1, 1, 1, 'standard', 2000, 'x', 'x', '{{new}}', 1, '2026-09-01', \
             '2026-10-01', 0, '')"
        );
        refused(&world, party, "adds a line to another's bill", &line);
        let run = format!(
            "insert into bill_run (tenant_id, id, provider_id, author_id, agreement_id, period_start, kind, seq, cut_batch, \
             prepared_name, prepared_at) values ('{mar}', '{{new}}', '{me}', '{me}', '{agreement}', '2026-11-01', 'main', 1, 0, 'x', '{now}')"
        );
        refused(&world, party, "prepares a bill", &run);
        let number = format!(
            "insert into number_series (tenant_id, series, financial_year, last) values ('{wea}', 'invoice', 2030, 9)"
        );
        refused(&world, party, "takes a number", &number);
        let open = format!(
            "insert into book_period (tenant_id, period_start, n, state, reason, by_name, at) values \
             ('{wea}', '2026-09-01', 9, 'open', 'x', 'x', '{now}')"
        );
        refused(&world, party, "opens a month of another's book", &open);
    }

    // Doubting a bill for the other, and settling what the other settles.
    let dispute = pick(&format!("id::text as line from line_dispute where tenant_id = '{mar}'"));
    for party in COUNCILS {
        let me = world.id(party);
        let doubts = |of| {
            format!(
                "insert into line_dispute (tenant_id, id, provider_id, party_id, document_id, line, amount_pence, reason, doubted, \
                 by_name, at) values ('{mar}', '{{new}}', '{wea}', '{of}', '{issued}', 1, 1, 'x', '[]', 'x', '{now}')"
            )
        };
        let settles = |kind, of| {
            format!(
                "insert into dispute_entry (tenant_id, id, dispute_id, provider_id, party_id, kind, body, by_name, at) values \
                 ('{mar}', '{{new}}', '{dispute}', '{wea}', '{of}', '{kind}', 'x', 'x', '{now}')"
            )
        };
        if me != mar {
            refused(&world, party, "doubts a bill of another's", &doubts(me));
            refused(&world, party, "doubts it in the other's name", &doubts(mar));
            refused(&world, party, "withdraws another's dispute", &settles("withdraw", me));
            refused(&world, party, "withdraws it in the other's name", &settles("withdraw", mar));
        }
        if me != wea {
            refused(&world, party, "rejects a dispute", &settles("reject", me));
            refused(&world, party, "rejects it in the other's name", &settles("reject", wea));
        }
        refused(&world, party, "accepts without a credit note", &settles("accept", me));
        for kind in ["propose-reject", "send-back"] {
            refused(&world, party, "has two settle what one does", &settles(kind, me));
        }
        // In a dispute of a sensitive service, of which the seed has none, only who bills proposes; one alone never settles.
        let privately = |kind, of| {
            settles(kind, of)
                .replace("provider_id, ", "provider_id, is_private, ")
                .replace(&format!("'{wea}', '{of}'"), &format!("'{wea}', true, '{of}'"))
        };
        for kind in ["propose-reject", "reject", "send-back"] {
            refused(&world, party, "settles as if two had to", &privately(kind, me));
        }
        let escalates = |of| {
            format!(
                "insert into dispute_entry (tenant_id, id, dispute_id, provider_id, party_id, kind, body, agreement_id, by_name, at) \
                 values ('{mar}', '{{new}}', '{dispute}', '{wea}', '{of}', 'escalate', 'x', '{agreement}', 'x', '{now}')"
            )
        };
        if me != mar && me != wea {
            refused(&world, party, "escalates another's dispute", &escalates(me));
        }
        refused(&world, party, "escalates it in another's name", &escalates(if me == mar { wea } else { mar }));
        refused(&world, party, "rewrites a dispute", "update line_dispute set amount_pence = 1");
        refused(&world, party, "rewrites what was said", "update dispute_entry set body = 'x'");
    }

    // Paying for the other, saying that its money came, agreeing to its own bill.
    let (paid, run) = (
        pick(&format!("id::text as line from remittance where tenant_id = '{mar}'")),
        pick(&format!("id::text as line from bill_run where tenant_id = '{mar}' and issued_at is null")),
    );
    for party in COUNCILS {
        let me = world.id(party);
        let decides = |kind, of| {
            format!(
                "insert into remittance_entry (tenant_id, id, remittance_id, provider_id, party_id, kind, reason, by_name, at) \
                 values ('{mar}', '{{new}}', '{paid}', '{wea}', '{of}', '{kind}', 'x', 'x', '{now}')"
            )
        };
        let agrees = |of| {
            format!(
                "insert into review_entry (tenant_id, id, run_id, provider_id, party_id, kind, body, prepared_at, by_name, at) \
                 values ('{mar}', '{{new}}', '{run}', '{wea}', '{of}', 'agree', '', '{now}', 'x', '{now}')"
            )
        };
        let enters = |of| {
            format!(
                "insert into remittance (tenant_id, id, provider_id, party_id, amount_pence, paid_on, reference, by_name, at) \
                 values ('{mar}', '{{new}}', '{wea}', '{of}', 1, '2026-11-20', 'x', 'x', '{now}')"
            )
        };
        let pays = |of| {
            format!(
                "insert into allocation (tenant_id, id, remittance_id, document_id, provider_id, party_id, amount_pence, by_name, \
                 at) values ('{mar}', '{{new}}', '{paid}', '{issued}', '{wea}', '{of}', 1, 'x', '{now}')"
            )
        };
        if me != wea {
            refused(&world, party, "says that money came", &decides("reverse", me));
            refused(&world, party, "says so in the other's name", &decides("reverse", wea));
        }
        if me != mar {
            refused(&world, party, "withdraws a payment", &decides("withdraw", me));
            refused(&world, party, "agrees to another's bill", &agrees(me));
            refused(&world, party, "agrees in the other's name", &agrees(mar));
        }
        if me != mar && me != wea {
            refused(&world, party, "enters a payment between others", &enters(me));
            refused(&world, party, "pays another's bill", &pays(me));
        }
        refused(&world, party, "enters it in another's name", &enters(if me == mar { wea } else { mar }));
        refused(&world, party, "rewrites a payment", "update remittance set amount_pence = 9");
        refused(&world, party, "rewrites what it pays", "update allocation set amount_pence = 9");
        let theirs = world.id(if me == har { "eastmere" } else { "hartsmoor" });
        let confirms = format!(
            "update bank_account set confirmed_name = 'x', confirmed_at = '{now}' where tenant_id = '{theirs}'"
        );
        refused(&world, party, "confirms another's account", &confirms);
        refused(&world, party, "turns an account into another", "update bank_account set account_number = '1'");
    }

    // Saying what others spent.
    let of_part =
        world.one(&format!("select id::text as line from agreement where tenant_id = '{mar}' and kind = 'cost_share'"));
    for party in COUNCILS {
        let me = world.id(party);
        let says = |of| {
            format!(
                "insert into outturn (tenant_id, id, provider_id, party_id, agreement_id, year, seq, costs, used, total_pence, \
                 because, by_name, at) values ('{mar}', '{{new}}', '{wea}', '{of}', '{of_part}', 2026, 1, '[]', '{{}}', 1, '', 'x', '{now}')"
            )
        };
        if me != wea {
            refused(&world, party, "says what was spent", &says(me));
            refused(&world, party, "says so in the lead's name", &says(wea));
        }
        refused(&world, party, "rewrites what was spent", "update outturn set total_pence = 9");
    }

    // Reading, changing and giving up what another drafts, or drafting in its name.
    for party in ["marlhaven", "eastmere", "hartsmoor"] {
        for act in ["update variation_draft set content = '{}'", "delete from variation_draft"] {
            refused(&world, party, "touches another's draft", &format!("{act} where tenant_id = '{wea}'"));
        }
        let drafts = format!(
            "insert into variation_draft (tenant_id, consumer_id, reference, content, changed_at, changed_by) values ('{wea}', \
             '{mar}', 'x', '{{}}', '{now}', 'x')"
        );
        refused(&world, party, "drafts in another's name", &drafts);
    }

    // Sending usage for others.
    for party in COUNCILS {
        let me = world.id(party);
        let sends = |of| {
            format!(
                "insert into usage_intake (tenant_id, id, provider_id, party_id, source, source_ref, payload, received_at) values \
                 ('{mar}', '{{new}}', '{wea}', '{of}', 'x', 'x', '{{}}', '{now}')"
            )
        };
        refused(&world, party, "sends usage in another's name", &sends(if me == mar { wea } else { mar }));
        if me != mar && me != wea {
            refused(&world, party, "sends usage between others", &sends(me));
        }
        refused(&world, party, "rewrites what was sent", "update usage_intake set source = 'x'");
        let theirs = world.id(if me == har { "eastmere" } else { "hartsmoor" });
        let revokes = format!("update api_key set revoked_by = 'x', revoked_at = '{now}' where tenant_id = '{theirs}'");
        refused(&world, party, "takes another's key back", &revokes);
    }

    // Counting for others, and the ledgers.
    let usage = |provider| {
        format!(
            "insert into usage_event (tenant_id, id, provider_id, agreement_id, service, meter, source_id, subject_id, reference, \
             quantity, reversed_when, occurred_at, billing_date, recorded_at) values ('{mar}', '{{new}}', '{provider}', '{agreement}', \
             'pothole', 'case.accepted', '{{new}}', '{{new}}', '', 1000, '[]', '{now}', '2026-11-20', '{now}')"
        )
    };
    let pending = |provider, event: &str| {
        format!(
            "insert into usage_pending (tenant_id, event_id, provider_id, agreement_id, service, meter, quantity, billing_date) \
             values ('{mar}', '{event}', '{provider}', '{agreement}', 'pothole', 'case.accepted', 1000, '2026-11-20')"
        )
    };
    for stranger in ["eastmere", "hartsmoor"] {
        refused(&world, stranger, "counts for Wealdshire", &usage(wea));
        refused(&world, stranger, "counts for itself", &usage(world.id(stranger)));
        refused(&world, stranger, "has something counted", &pending(wea, &event));
    }
    for party in ["marlhaven", "wealdshire"] {
        refused(&world, party, "has something counted that never was", &pending(wea, "{new}"));
    }
    for party in COUNCILS {
        for ledger in [
            "usage_event",
            "usage_fold",
            "usage_day",
            "usage_item",
            "usage_cursor",
            "usage_pending",
            "journal_entry",
            "posting",
            "audit_entry",
            "case_event",
            "answer_sheet",
            "signature",
            "line_dispute",
            "dispute_entry",
            "remittance",
            "remittance_entry",
            "allocation",
            "outturn",
            "review_entry",
            "usage_intake",
            "api_key",
            "bank_account",
            "agreement",
            "agreement_service",
            "erased_case",
            "number_series",
        ] {
            refused(&world, party, "deletes from a ledger", &format!("delete from {ledger}"));
            refused(&world, party, "empties a ledger", &format!("truncate {ledger}"));
        }
        let me = world.id(party);
        refused(&world, party, "erases a case that is open", "delete from cases where not closed");
        for kept in ["cases", "own_note", "message"] {
            let others = format!("delete from {kept} where tenant_id <> '{me}'");
            refused(&world, party, "erases what is another's", &others);
            refused(&world, party, "empties it", &format!("truncate {kept}"));
        }
        let erased = |of| {
            format!(
                "insert into erased_case (tenant_id, case_id, provider_id, party_id, reference, sensitive, service, version, \
                 retention_months, closed_on, erased_on) values ('{mar}', '{{new}}', '{wea}', '{of}', 'x', false, 'x', 1, 1, \
                 '2026-01-01', '2026-03-01')"
            )
        };
        if me != mar {
            refused(&world, party, "says that another's case was erased", &erased(me));
            refused(&world, party, "says so in its name", &erased(mar));
        }
        refused(&world, party, "rewrites usage", "update usage_event set quantity = 1");
        refused(&world, party, "rewrites a book", "update posting set amount_pence = 0");
        refused(&world, party, "rewrites the audit", "update audit_entry set by_name = 'x'");
        refused(&world, party, "rewrites the timeline", "update case_event set body = 'x'");
        let entry = "insert into audit_entry (tenant_id, id, actor_id, actor_name, by_name, action, subject_kind, subject_id, \
                     subject_label, purpose, at)";
        let other = if me == mar { wea } else { mar };
        let forged =
            format!("{entry} values ('{mar}', '{{new}}', '{other}', 'x', 'x', 'x', 'x', '{{new}}', '', '', '{now}')");
        refused(&world, party, "puts words into another's audit under its name", &forged);
    }
}

#[test]
fn a_tampered_job_works_on_its_own_tenants_rows_only() {
    let dir = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
    let world = World::start_with(|config| config.mail.smtp_url = catcher.url());
    let (mar, eas, wea) = (world.id("marlhaven"), world.id("eastmere"), world.id("wealdshire"));
    let pick = |sql: &str| world.one(&format!("select {sql} limit 1"));
    let of_theirs = format!(
        "from case_event e join cases c on c.tenant_id = e.tenant_id and c.id = e.case_id where c.tenant_id = '{eas}' and c.contact_email is not null and not c.closed"
    );
    let (case, event) = (
        pick(&format!("c.id::text as line {of_theirs} order by e.id")),
        pick(&format!("e.id::text as line {of_theirs} order by e.id")),
    );
    world.database.force(&format!("update cases set state = 'returned' where id = '{case}'"));
    let document = pick(&format!("id::text as line from document where tenant_id = '{eas}' and shared_at is not null"));
    let dispute = pick(&format!("id::text as line from line_dispute where tenant_id = '{eas}'"));
    let jobs = [
        ("cases.news", format!(r#"{{"case_id":"{case}","event_id":"{event}","kind":"received","tenant_id":"{eas}"}}"#)),
        ("cases.news", format!(r#"{{"case_id":"{case}","event_id":"{event}","kind":"resolved"}}"#)),
        ("cases.reroute", format!(r#"{{"case_id":"{case}","tenant_id":"{eas}"}}"#)),
        ("cases.forget", format!(r#"{{"owner":"{eas}","case_id":"{case}","tenant_id":"{eas}"}}"#)),
        ("billing.escalated", format!(r#"{{"dispute_id":"{dispute}","contact":1,"tenant_id":"{eas}"}}"#)),
        ("billing.issued", format!(r#"{{"document_id":"{document}","tenant_id":"{eas}"}}"#)),
    ];
    let state = || {
        let tables =
            ["cases", "case_event", "answer_sheet", "journal_entry", "posting", "message", "document", "audit_entry"];
        tables.map(|t| world.one(&format!("select md5(string_agg(r::text, '' order by r::text)) as line from {t} r where tenant_id in ('{eas}', '{mar}', '{wea}')")))
    };
    let before = state();
    for tenant in [mar, world.id("hartsmoor"), wea] {
        for (topic, payload) in &jobs {
            world.database.force(&format!(
                "insert into outbox (tenant_id, id, topic, payload, created_at, not_before) \
                 values ('{tenant}', '{}', '{topic}', '{payload}', '{now}', '{now}')",
                no_id(&world.app),
                now = world.now()
            ));
        }
    }
    app::settle(&world.app.site).unwrap();
    assert_eq!(state(), before, "nothing of anybody's has changed");
    assert_eq!(newest(dir.path(), 10).unwrap().len(), 0, "nobody was written to");
    let failed = world.ask("select topic || ': ' || last_error as line from outbox order by 1");
    assert_eq!(failed.len(), 18, "{failed:?}");
    canary::log_is_clean();
    assert!(failed.iter().all(|why| !why.contains(&case) && !why.to_uppercase().contains("CANARY")), "{failed:?}");
    world.leave_jobs();
}

#[test]
fn over_http_the_owner_reads_and_the_handler_works() {
    let world = World::start();
    let reference = world.case("marlhaven", "wealdshire", "new");
    let path = format!("/staff/cases/marlhaven/{reference}");
    let booked = format!(
        "from case_time t join cases c on c.tenant_id = t.tenant_id and c.id = t.case_id where c.reference = '{reference}'"
    );
    let back = format!("time/{}/back", world.one(&format!("select t.id::text as line {booked}")));
    let row = || {
        world.one(&format!("select c::text || (select string_agg(t::text, '') {booked}) as line from cases c where reference = '{reference}'"))
    };
    let before = row();
    let acts = [
        ("take", vec![]),
        ("update", vec![("said", "From the wrong council.")]),
        ("resolve", vec![("choice", "Repaired"), ("said", "Done.")]),
        ("return", vec![("choice", "duplicate"), ("said", "Not for us.")]),
        ("time", vec![("minutes", "60"), ("day", "2026-11-20"), ("work", "visit")]),
        (&back, vec![("reason", "twice")]),
    ];
    for (who, reads) in [("marlhaven", 200), ("eastmere", 404), ("hartsmoor", 404), ("operator", 404)] {
        let mut staff = world.staff(who, EVERYTHING);
        staff.get(&path).is(reads);
        let token = staff.get("/track").token().unwrap();
        for (act, fields) in &acts {
            let mut fields = fields.clone();
            fields.push(("_token", &token));
            staff.post(&format!("{path}/{act}"), &fields).is(404);
        }
        if reads == 404 {
            for (act, field) in [("note", "note"), ("contact", "reason")] {
                staff.post(&format!("{path}/{act}"), &[("_token", &token), (field, "x")]).is(404);
            }
        }
        assert_eq!(row(), before, "{who}");
    }
    // Each council's notes of its own are its own.
    let (mut owner, mut handler) =
        (world.staff("marlhaven", &[Role::Officer]), world.staff("wealdshire", &[Role::Officer]));
    owner.get(&path).is(200).has("CANARY-MAR own note").lacks("CANARY-WEA own note");
    let theirs = world.case("marlhaven", "wealdshire", "in_progress");
    let path = format!("/staff/cases/marlhaven/{theirs}");
    handler.get(&path).is(200).has("CANARY-WEA own note").lacks("CANARY-MAR own note");
    owner.get(&path).is(200).has("CANARY-MAR own note").lacks("CANARY-WEA own note");
    let token = handler.get("/track").token().unwrap();
    let fields = [("_token", token.as_str()), ("note", "Only for Wealdshire."), ("for", "ours")];
    handler.post(&format!("{path}/note"), &fields).is(303);
    handler.get(&path).is(200).has("Only for Wealdshire.");
    owner.get(&path).is(200).lacks("Only for Wealdshire.");
    assert_eq!(world.ask("select reference as line from cases where reference like '%EVIL%'"), [""; 0]);
}
