//! Four councils with rows of the same shapes, made through the product's own verbs: three months of cases, opened, worked
//! and returned, bills prepared and issued, people, drafts, notes, mail. Made once a run and copied for each test.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use diesel::prelude::*;
use diesel::sql_types::Text;
use jiff::Timestamp;
use moothall::agreements::{self, Kind};
use moothall::app;
use moothall::billing::{
    self, DocumentFilter, Doubt, NewOutturn, NewRemittance, Outcome, Outturn, Pair, PayTo, PooledCost, RawItem, Taken,
    Which,
};
use moothall::cases::{self, Link, NewCase, NewTime, ReturnReason, Work};
use moothall::forms::{self, ContactRole, Definition, Question, QuestionType, Raw, Written};
use moothall::identity::{self, Details, Role};
use moothall::kernel::seal::Token;
use moothall::kernel::{Actor, Language, Month, Pence, billing_date, new_id};
use moothall::notify::catcher::{Catcher, newest};
use moothall::platform::Clock;
use moothall::platform::config::Config;
use moothall::setup;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::canary;
use crate::bills::reviewed;
use crate::harness::{App, Database, NOW, Visitor};
use crate::uploads;

/// The councils, by slug.
pub const COUNCILS: [&str; 4] = ["marlhaven", "eastmere", "hartsmoor", "wealdshire"];
/// When things happened in each month.
const DAYS: [&str; 3] = ["2026-09-10T09:00:00Z", "2026-10-12T09:00:00Z", "2026-11-12T09:00:00Z"];

/// A mail that was sent while the world was made: from which council, and every byte.
pub struct Mail {
    /// The sender's line.
    pub from: String,
    /// The mail.
    pub raw: String,
}

/// A server on a copy of the four councils' history.
pub struct World {
    /// The server.
    pub app: App,
}

impl std::ops::Deref for World {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl World {
    /// A copy of its own.
    pub fn start() -> World {
        World::start_with(|_| {})
    }

    /// The same, the server told something else from outside.
    pub fn start_with(change: impl FnOnce(&mut Config)) -> World {
        made();
        World { app: App::start_on(Database::kept(KEPT), change) }
    }

    /// The mails that went out while the world was made.
    pub fn mails() -> &'static [Mail] {
        made()
    }

    /// Somebody new with these roles, signed in at their council.
    pub fn staff(&self, slug: &str, roles: &[Role]) -> Visitor {
        self.signed_in(&self.person(slug, roles))
    }

    /// An authority's prefix, as in its references and canaries.
    pub fn code(&self, slug: &str) -> String {
        self.authority(slug).prefix.clone()
    }

    /// What a query says, as the superuser: a line for each row.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        lines(&mut self.database.connect("postgres"), sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The one line of a query's answer.
    pub fn one(&self, sql: &str) -> String {
        self.ask(sql).into_iter().next().unwrap_or_else(|| panic!("{sql}: nothing"))
    }

    /// The reference of a case of `owner`'s that `handler` works, in this state.
    pub fn case(&self, owner: &str, handler: &str, state: &str) -> String {
        self.one(&format!(
            "select reference as line from cases where tenant_id = '{}' and handler_id = '{}' and state = '{state}' \
             order by opened_at limit 1",
            self.id(owner),
            self.id(handler)
        ))
    }

    /// Opens a case at a council as a finished form would.
    pub fn open(&self, owner: &str, service: &str, canary: &str) -> String {
        open(&self.app, owner, service, canary, self.now())
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What a query says on a connection: its column `line`.
pub fn lines(conn: &mut PgConnection, sql: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Line> = diesel::sql_query(sql).load(conn)?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

const KEPT: &str = "template_attack";

fn made() -> &'static [Mail] {
    static MADE: OnceLock<Vec<Mail>> = OnceLock::new();
    MADE.get_or_init(|| {
        canary::listen();
        let dir = tempfile::tempdir().unwrap();
        let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
        let app = App::start_on(Database::empty(), |config| config.mail.smtp_url = catcher.url());
        app.set_clock("2026-09-01T08:00:00Z");
        settle_in(&app);
        for (n, day) in DAYS.into_iter().enumerate() {
            let at: Timestamp = day.parse().unwrap();
            app.site.clock.set(at);
            for council in COUNCILS {
                month(&app, council, n);
            }
            app::settle(&app.site).unwrap();
            // September's bill goes out; October's stays a draft.
            match n {
                0 => {
                    bill(&app, "2026-10-02T09:00:00Z", "2026-09", true);
                    doubt(&app);
                }
                1 => {
                    bill(&app, "2026-11-03T09:00:00Z", "2026-10", false);
                    pay(&app);
                    spend(&app);
                }
                _ => {}
            }
        }
        app.set_clock(NOW);
        app::settle(&app.site).unwrap();
        let mails = newest(dir.path(), 1000).unwrap().into_iter();
        let mails =
            mails.map(|m| Mail { from: m.from, raw: format!("{}\n{}", String::from_utf8_lossy(&m.raw), m.text) });
        let mails = mails.collect();
        app.database.keep_as(KEPT);
        app.leave_jobs();
        mails
    })
}

/// The authorities with their settings, agreements and people.
fn settle_in(app: &App) {
    let mut files = setup::read(Path::new("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let prefix = |slug: &str| files.tenants.iter().find(|t| t.file.slug == slug).unwrap().file.prefix.clone();
    let codes = COUNCILS.map(prefix);
    let code = |slug: &str| codes[COUNCILS.iter().position(|c| *c == slug).unwrap()].as_str();
    for agreement in &mut files.agreements {
        let both = canary::of(&[code(&agreement.file.consumer), code(&agreement.file.provider)]);
        agreement.file.title = format!("{both} agreement");
        agreement.file.purchase_order = Some(format!("{both} order"));
        for price in agreement.tariffs.tariffs.iter_mut().flat_map(|t| &mut t.prices) {
            price.description = format!("{both} {}", price.description);
        }
    }
    let options = setup::Options { take: None, now: app.now(), demonstration: true };
    let plan = setup::apply(&app.site.db, &files, options).unwrap();
    assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    app.refresh();
    for council in COUNCILS {
        let own = canary::of(&[code(council)]);
        let hidden = app.person(council, &[Role::Administrator, Role::Preparer]);
        app.database.force(&format!(
            "update staff set name = '{own} person', email = lower('{own}') || '@example.org' where id = '{hidden}';
             insert into applied_part (tenant_id, part, file_hash, database_hash, applied_at)
               values ('{tenant}', '{own} part', '{own}', '{own}', '{now}');
             insert into case_conflict (tenant_id, case_id, staff_id, reason, by_name, at)
               values ('{tenant}', gen_random_uuid(), '{hidden}', '{own} conflict', '{own} lead', '{now}');
             insert into budget (tenant_id, financial_year, partner_id, is_income, reference, service, amount_pence, by_name, at)
               select '{tenant}', 2099, case when provider_id = '{tenant}' then tenant_id else provider_id end,
                 provider_id = '{tenant}', reference, '', 1000, '{own} preparer', '{now}'
               from agreement where kind = 'supply' and '{tenant}' in (tenant_id, provider_id) order by reference limit 1;
             insert into budget_threshold (tenant_id, percents, on_forecast) values ('{tenant}', '[77]', true);
             insert into budget_alert (tenant_id, financial_year, partner_id, is_income, reference, service, amount_pence,
               threshold, reached_pence, at)
               values ('{tenant}', 2099, gen_random_uuid(), false, '{own} budget', '', 1000, 80, 900, '{now}');
             insert into agreement_notice (tenant_id, agreement_id, kind, at)
               values ('{tenant}', gen_random_uuid(), 'review', '{now}');
             insert into erased_case (tenant_id, case_id, provider_id, party_id, reference, sensitive, service, version, \
               retention_months, closed_on, erased_on) values ('{tenant}', gen_random_uuid(), '{tenant}', '{tenant}', '{own} erased', false, \
               '{own} service', 1, 1, '2026-01-01', '2026-03-01');
             insert into journey_count values ('{tenant}', '2026-08-24', '{own} service', 'left', '{own} page', 12);
             insert into parked_run (tenant_id, agreement_id, period_start, reason, by_name, at)
               values ('{tenant}', gen_random_uuid(), '2026-08-01', '{own} reason', '{own} preparer', '{now}');
             insert into task_move values ('{tenant}', '2026-08-24', '{own} task', 1, 50, 50, '{own} passed', 10, 10)",
            hidden = hidden.id,
            tenant = hidden.authority,
            now = app.now(),
        ));
        let _ = app.signed_in(&hidden);
        let mut definition = published(app, council)[0].1.clone();
        definition.summary = format!("{own} draft");
        // A draft lives for a day: this one is begun in the last moment of the history.
        let (now, browser): (Timestamp, _) = (NOW.parse().unwrap(), Token::random());
        let email = format!("{}@example.org", own.to_lowercase());
        app.scoped(council, |tx| {
            let secret = &app.site.config.secret;
            identity::ask_in(tx, now, secret, &email)?;
            forms::keep_missed(tx, &format!("{own} words"), billing_date(now))?;
            let details = Details { email, name: Some(format!("{own} name")), phone: None };
            identity::open_citizen_session(tx, now, secret, &details)?;
            forms::put_draft(tx, now, &Written::new(&definition.slug, serde_json::to_value(&definition).unwrap()))?;
            let id = forms::start_draft(tx, now, &definition.slug, 1, Language::En, &browser)?;
            let mut draft = forms::find_draft(tx, now, secret, id, &browser)?;
            let typed = Raw::from([("location".to_owned(), vec![format!("{own} typed")])]);
            draft.answers = typed;
            let file = uploads::file(app, council, &format!("{own} evidence.pdf"), b"%PDF-1.7");
            forms::attach(tx, now, &mut draft, &uploads::question(), &mut vec![], file)?.unwrap();
            forms::save_answers(tx, now, secret, &definition, &draft, "", None)?;
            forms::save_for_later(tx, now, secret, &draft)
        });
    }
}

/// What a council has published: the version and the definition.
pub fn published(app: &App, council: &str) -> Vec<(i32, Definition)> {
    let services = app.services();
    services.of(app.id(council)).iter().map(|s| (s.version, (*s.definition(Language::En).unwrap()).clone())).collect()
}

fn actor(app: &App, slug: &str, name: &str) -> Actor {
    let bytes = *app.id(slug).0.as_bytes();
    let id = uuid::Builder::from_random_bytes(std::array::from_fn(|n| bytes[n] ^ name.as_bytes()[n % name.len()]));
    Actor { staff_id: Some(id.into_uuid()), name: name.to_owned(), authority_name: app.authority(slug).name.clone() }
}

/// A month of one council's cases.
fn month(app: &App, council: &str, n: usize) {
    let now = app.now();
    for (_, definition) in published(app, council) {
        for turn in 0..3 {
            let handler = handler(app, council, &definition);
            let (theirs, ours) = (app.authority(&handler).prefix.clone(), app.authority(council).prefix.clone());
            let codes: Vec<&str> = if handler == council { vec![&ours] } else { vec![&ours, &theirs] };
            let shared = canary::of(&codes);
            let reference = open(app, council, &definition.slug, &shared, now);
            let owner = app.id(council);
            let by = actor(app, &handler, "Officer");
            let done = app.site.db.scoped(moothall::platform::Scope::own(app.id(&handler)), |tx| {
                cases::read(tx, now, owner, &reference, &by)?;
                let time = NewTime { once: new_id(now), minutes: 25, worked_on: billing_date(now), work: Work::Desk };
                let clock = actor(app, &handler, &format!("{shared} clock"));
                cases::book(tx, now, owner, &reference, &clock, &time)?;
                if turn == 0 {
                    return Ok(());
                }
                cases::contact(tx, now, owner, &reference, &by, &format!("{shared} reason"))?;
                cases::take(tx, now, owner, &reference, &by)?;
                cases::note(tx, now, owner, &reference, &by, &format!("{shared} note"))?;
                cases::own_note(tx, now, owner, &reference, &by, &format!("CANARY-{theirs} own note"))?;
                cases::update(tx, now, owner, &reference, &by, &format!("{shared} update"))?;
                if turn == 1 && n < 2 {
                    cases::resolve(
                        tx,
                        now,
                        owner,
                        &reference,
                        &by,
                        &definition.outcomes[0],
                        &format!("{shared} done"),
                    )?;
                }
                if turn == 2 && n == 0 && handler != council {
                    let words = format!("{shared} twice");
                    cases::return_case(tx, now, owner, &reference, &by, ReturnReason::Duplicate, &words)?;
                }
                Ok(())
            });
            done.unwrap();
            let by = actor(app, council, "Owner's officer");
            app.scoped(council, |tx| {
                cases::read(tx, now, owner, &reference, &by)?;
                if turn == 0 {
                    let id = cases::find(tx, owner, &reference)?.id;
                    let token = cases::track_token(&app.site.config.secret, owner, id);
                    let link = Link { reference: reference.clone(), token };
                    let (at, words) = (app.authority(council), format!("{shared} message"));
                    cases::message(tx, now, &at, &link, new_id(now), &words)?;
                }
                cases::own_note(tx, now, owner, &reference, &by, &format!("CANARY-{ours} own note"))
            });
        }
    }
}

fn handler(app: &App, council: &str, definition: &Definition) -> String {
    let on = billing_date(app.now());
    let bound = app.scoped(council, |tx| agreements::in_force(tx, &definition.slug, on));
    let provider = bound.map(|b| app.site.directory.get().by_id(b.provider).unwrap().slug.clone());
    provider.filter(|p| definition.routing.partner.as_ref() == Some(p)).unwrap_or_else(|| council.to_owned())
}

fn bill(app: &App, at: &str, month: &str, issue: bool) {
    app.set_clock(at);
    let (provider, month) = (app.id("wealdshire"), Month::parse(month).unwrap());
    let preparer = if issue { "Preparer" } else { "CANARY-WEA preparer" };
    let by = actor(app, "wealdshire", preparer);
    for prepared in billing::prepare_all(&app.site.db, provider, month, &by, app.now()).unwrap() {
        assert!(matches!(prepared.outcome, Outcome::Drafted(_)), "{prepared:?}");
    }
    let runs = app.scoped("wealdshire", billing::drafts);
    for run in runs.iter().filter(|_| issue) {
        reviewed(&app.site.db, provider, run.consumer, run.id, app.now());
        let directory = app.site.directory.get();
        let council = directory.by_id(run.consumer).unwrap().slug.clone();
        let shared = canary::of(&[&app.authority(&council).prefix, &app.authority("wealdshire").prefix]);
        let by = actor(app, &council, &format!("{shared} reader"));
        app.scoped(&council, |tx| {
            billing::comment(tx, app.now(), &by, run.id, run.prepared_at, &format!("{shared} comment"))
        });
    }
    for run in runs.iter().filter(|_| issue) {
        // What members share is issued with the first of them.
        if app.scoped("wealdshire", |tx| Ok(billing::run(tx, run.id)?.issued_seq.is_none())) {
            billing::issue(&app.site.db, provider, run.id, &actor(app, "wealdshire", "Approver"), app.now()).unwrap();
        }
    }
    app::settle(&app.site).unwrap();
}

/// What the partners spent together, though their year is not over.
fn spend(app: &App) {
    let over: Timestamp = "2027-04-02T09:00:00Z".parse().unwrap();
    let all = canary::of(
        &["marlhaven", "eastmere", "wealdshire"]
            .map(|slug| app.authority(slug).prefix.clone())
            .each_ref()
            .map(String::as_str),
    );
    let shared = app.scoped("wealdshire", agreements::list).into_iter().find(|a| a.kind == Kind::CostShare).unwrap();
    let cost = PooledCost { description: format!("{all} cost"), borne_by: "wealdshire".to_owned(), amount: Pence(1) };
    let outturn = Outturn { year: 2026, costs: vec![cost], used: BTreeMap::new() };
    let new = NewOutturn { agreement_id: shared.id, outturn, because: String::new() };
    let by = actor(app, "wealdshire", &format!("{all} lead"));
    app.scoped("wealdshire", |tx| billing::enter_outturn(tx, over, &by, &new));
}

/// Whoever is billed pays a penny of each bill that was issued, and everybody enters where they are paid.
fn pay(app: &App) {
    let now = app.now();
    for bill in app.scoped("wealdshire", |tx| billing::balances(tx, Which::Open)) {
        let directory = app.site.directory.get();
        let council = directory.by_id(bill.consumer).unwrap().slug.clone();
        let shared = canary::of(&[&app.authority(&council).prefix, &app.authority("wealdshire").prefix]);
        let payment = NewRemittance {
            pair: Pair { consumer: bill.consumer, provider: bill.provider },
            amount: Pence(1),
            paid_on: billing_date(now),
            reference: format!("{shared} {}", bill.number),
            allocations: Some(vec![(bill.document_id, Pence(1))]),
            is_another: false,
        };
        let by = actor(app, &council, &format!("{shared} payer"));
        let id = app.scoped(&council, |tx| billing::enter(tx, now, &by, &payment));
        app.scoped("wealdshire", |tx| billing::receive(tx, now, &actor(app, "wealdshire", "Approver"), id));
    }
    for council in ["marlhaven", "eastmere"] {
        let shared = canary::of(&[&app.authority(council).prefix, &app.authority("wealdshire").prefix]);
        let raw = RawItem {
            id: format!("{shared} id"),
            consumer: council.to_owned(),
            provider: "wealdshire".to_owned(),
            service: format!("{shared} service"),
            meter: "unit".to_owned(),
            quantity: "1".to_owned(),
            occurred_at: now.to_string(),
            ..RawItem::default()
        };
        let directory = app.site.directory.get();
        let id = |slug: &str| directory.by_slug(slug).map(|council| council.id);
        let items = billing::read_items(&[raw], app.id(council), now, id).unwrap();
        let by = actor(app, council, &format!("{shared} system"));
        let taken = app.scoped(council, |tx| billing::take_in(tx, now, &by, &format!("{shared} source"), &items));
        assert_eq!(taken.unwrap(), [Taken::Waits]);
    }
    for council in COUNCILS {
        let own = canary::of(&[&app.authority(council).prefix]);
        let by = actor(app, council, "Approver");
        let _ = app.scoped(council, |tx| identity::make_key(tx, now, &by, &format!("{own} system")));
        app.scoped(council, |tx| {
            moothall::ledger::set_code(tx, moothall::ledger::Account::Bank, &format!("{own} code"))?;
            billing::close_month(
                tx,
                now,
                &actor(app, council, &format!("{own} closer")),
                Month::parse("2026-09").unwrap(),
                false,
            )
        });
        app.scoped(council, |tx| {
            let me = tx.actor();
            for one in agreements::list(tx)?.iter().filter(|one| one.provider == me) {
                let typed = serde_json::json!({ "terms": { "title": format!("{own} draft") } });
                agreements::put_draft(tx, now, &by, one, &typed)?;
            }
            Ok(())
        });
        let account = PayTo::parse(&format!("{own} account"), "200000", "12345678").unwrap();
        app.scoped(council, |tx| billing::enter_bank_account(tx, now, &actor(app, council, "Preparer"), &account));
    }
}

/// Whoever was billed doubts a line, and both talk about it.
fn doubt(app: &App) {
    let now = app.now();
    let bills =
        app.scoped("wealdshire", |tx| billing::documents(tx, DocumentFilter { limit: 50, ..Default::default() }));
    for bill in bills.iter().filter(|bill| bill.net.0 > 0 && bill.number.is_some()) {
        let directory = app.site.directory.get();
        let council = directory.by_id(bill.consumer).unwrap().slug.clone();
        let shared = canary::of(&[&app.authority(&council).prefix, &app.authority("wealdshire").prefix]);
        let raised = app.scoped(&council, |tx| {
            let line = billing::document(tx, bill.id)?.snapshot.lines.iter().find(|l| l.line.net.0 > 0).unwrap().n;
            let reason = format!("{shared} doubt");
            let doubt = Doubt { document_id: bill.id, line, amount: Pence(1), reason, doubted: vec![] };
            billing::raise(tx, now, &actor(app, &council, &format!("{shared} preparer")), &doubt)
        });
        for party in [council.as_str(), "wealdshire"] {
            let by = actor(app, party, &format!("{shared} speaker"));
            app.scoped(party, |tx| billing::say(tx, now, &by, raised, &format!("{shared} words")));
        }
        let by = actor(app, &council, &format!("{shared} speaker"));
        app.scoped(&council, |tx| billing::escalate(tx, now, &by, raised, &format!("{shared} escalation")));
    }
}

fn open(app: &App, council: &str, service: &str, canary: &str, now: Timestamp) -> String {
    let services = published(app, council);
    let (version, definition) = services.iter().find(|(_, d)| d.slug == service).unwrap();
    let raw = answers(definition, canary, now);
    let answers = definition.parse(&raw, billing_date(now)).unwrap_or_else(|faults| panic!("{service}: {faults:?}"));
    let owner = app.authority(council);
    let (directory, secret) = (app.site.directory.get(), &app.site.config.secret);
    app.scoped(council, |tx| {
        let browser = Token::random();
        let draft = forms::start_draft(tx, now, service, *version, Language::En, &browser)?;
        let mut begun = forms::find_draft(tx, now, secret, draft, &browser)?;
        let file = uploads::file(app, council, &format!("{canary}.pdf"), b"%PDF-1.7");
        let mut files = Vec::new();
        forms::attach(tx, now, &mut begun, &uploads::question(), &mut files, file)?.unwrap();
        let _ = forms::take_uploads(tx, &begun, &answers)?;
        let new = NewCase {
            owner: &owner,
            definition,
            version: *version,
            answers: &answers,
            files: &files,
            language: Language::En,
            directory: &directory,
            secret,
        };
        let opened = cases::open(tx, now, &new)?;
        forms::mark_submitted(tx, now, draft, opened.id, &opened.reference)?;
        Ok(opened.reference)
    })
}

/// Right answers to every question of a service, its texts with a canary: the same for the same service.
pub fn answers(definition: &Definition, canary: &str, now: Timestamp) -> Raw {
    let mut rng = StdRng::seed_from_u64(7);
    let words = |question: &Question| match question.kind {
        QuestionType::Email => Some(format!("{}@example.org", canary.to_lowercase().replace(' ', "-"))),
        _ if question.contact == Some(ContactRole::Name) => Some(format!("{canary} name")),
        _ => Some(format!("{canary} {}", question.id)),
    };
    setup::fill(definition, billing_date(now), &mut rng, words).unwrap()
}

/// An id that no row has.
pub fn no_id(app: &App) -> String {
    new_id(app.now()).to_string()
}
