//! `/commercial/usage`: usage that was metered elsewhere. What no agreement counts and so waits; a file brought in by hand; the
//! keys with which other systems send theirs.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::fields::{Fault, SPEAKERS, fault, fault_of, rows};
use super::service_name;
use crate::billing::{self, ItemFault, RawItem, Sent, Taken, Waiting};
use crate::forms::Services;
use crate::identity::{self, ApiKey, Role, Staff};
use crate::kernel::Language;
use crate::kernel::time::{in_london, long_moment};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Proof, Texts, Visit};
use crate::tenancy::Current;

/// The columns of a file, in any order.
const HEADINGS: [&str; 11] = [
    "id",
    "consumer",
    "provider",
    "service",
    "meter",
    "quantity",
    "value",
    "occurred at",
    "reference",
    "reverses",
    "reason",
];
/// The most that is shown of what waits, and of mistakes.
const SHOWN: usize = 200;
const MISTAKES: usize = 50;
/// Where files come from, as far as replays are told apart.
const FILES: &str = "files";

#[derive(Template)]
#[template(path = "commercial/usage.html")]
struct UsagePage {
    p: Frame,
    waiting: Vec<Shown>,
    keys: Vec<ApiKey>,
    may_act: bool,
    may_make: bool,
    demonstration: bool,
    rows: String,
    /// The line, and what is wrong there.
    mistakes: Vec<(usize, String)>,
    more: usize,
    /// What a file would do: how many items are new, how many were known.
    seen: Option<Seen>,
    /// A key that was just made: the only time it is shown.
    made: Option<String>,
    name: String,
    faults: Vec<Fault>,
}

impl UsagePage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// What a file would do.
struct Seen {
    counted: usize,
    known: usize,
    waiting: usize,
}

/// What waits, as shown.
struct Shown {
    source: String,
    id: String,
    consumer: String,
    provider: String,
    what: String,
    meter: Option<String>,
    quantity: String,
    when: String,
}

/// What one transaction reads.
struct Read {
    waiting: Vec<Waiting>,
    keys: Vec<ApiKey>,
}

fn read(tx: &mut Tx<'_>) -> Result<Read> {
    Ok(Read { waiting: billing::waiting(tx, SHOWN)?, keys: identity::keys(tx)? })
}

/// What was typed, and what came of it.
#[derive(Default)]
struct Came {
    rows: String,
    mistakes: Vec<(usize, String)>,
    seen: Option<Seen>,
    made: Option<String>,
    name: String,
    faults: Vec<Fault>,
}

/// `GET /commercial/usage`
pub(super) async fn page(visit: Visit, services: actix_web::web::Data<Current<Services>>) -> Result<HttpResponse> {
    let (me, found) = visit.staff(Role::COMMERCIAL, |tx, _| read(tx)).await?;
    show(&visit, &me, found, &services.get(), Came::default())
}

fn show(visit: &Visit, me: &Staff, found: Read, services: &Services, came: Came) -> Result<HttpResponse> {
    let is_wrong = !came.mistakes.is_empty() || !came.faults.is_empty();
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let directory = visit.site.directory.get();
    let shown = |waiting: &Waiting| {
        let (consumer, provider) = waiting.parties();
        let (what, meter, quantity, when) = match waiting.sent() {
            Sent::Count { service, meter, quantity, occurred_at, .. } => (
                service_name(services, consumer, service),
                Some(meter.clone()),
                quantity.to_string(),
                in_london(*occurred_at).strftime("%-d %b %Y, %H:%M").to_string(),
            ),
            Sent::Reverse { of, reason } => (format!("{of}: {reason}"), None, String::new(), String::new()),
        };
        Shown {
            source: waiting.source.clone(),
            id: waiting.source_ref().to_owned(),
            consumer: directory.short_name(consumer).to_owned(),
            provider: directory.short_name(provider).to_owned(),
            what,
            meter,
            quantity,
            when,
        }
    };
    let Came { rows, mut mistakes, seen, made, name, faults } = came;
    let more = mistakes.len().saturating_sub(MISTAKES);
    mistakes.truncate(MISTAKES);
    let page = UsagePage {
        p: visit.staff_frame(Area::Commercial, me),
        waiting: found.waiting.iter().map(shown).collect(),
        keys: found.keys,
        may_act: me.has(SPEAKERS),
        may_make: me.has(&[Role::Approver]),
        demonstration: visit.site.demonstration,
        rows,
        mistakes,
        more,
        seen,
        made,
        name,
        faults,
    };
    visit.html(status, &page)
}

/// `POST /commercial/usage`: looks at a file, takes it in, tries again what waits, makes a key or takes one back.
pub(super) async fn post(form: Posted, services: actix_web::web::Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let field = |name: &str| form.get(name).to_owned();
    let (act, rows, name) = (field("act"), rows(form.get("rows")), field("name"));
    let (key, proof) = (field("key"), Proof::sent(&form));
    let (here, now, t) = (visit.here.clone(), visit.now, Texts::of(Language::En));
    let directory = visit.site.directory.get();
    let roles: &'static [Role] = if act == "make" { &[Role::Approver] } else { SPEAKERS };
    let (me, came) = visit
        .staff(roles, move |tx, me| {
            let by = me.actor(&here.name);
            let again = |came: Came, tx: &mut Tx<'_>| Ok(Some((read(tx)?, came)));
            match act.as_str() {
                "look" | "enter" => {
                    let council = |slug: &str| directory.by_slug(slug).map(|council| council.id);
                    let items = raw_items(&rows).and_then(|(raw, lines)| {
                        let items = billing::read_items(&raw, here.id, now, council);
                        items.map(|items| (items, lines.clone())).map_err(|faults| placed(&faults, &lines))
                    });
                    let words = |places: Vec<(usize, &'static str)>| {
                        places.into_iter().map(|(line, key)| (line, t.get(key))).collect()
                    };
                    let (items, lines) = match items {
                        Ok(read) => read,
                        Err(places) => return again(Came { rows, mistakes: words(places), ..Came::default() }, tx),
                    };
                    let taken = if act == "enter" {
                        billing::take_in(tx, now, &by, FILES, &items)?
                    } else {
                        tx.rehearsed(|tx| billing::take_in(tx, now, &by, FILES, &items))?
                    };
                    match taken {
                        Err(faults) => {
                            again(Came { rows, mistakes: words(placed(&faults, &lines)), ..Came::default() }, tx)
                        }
                        Ok(_) if act == "enter" => Ok(None),
                        Ok(taken) => again(Came { rows, seen: Some(seen(&taken)), ..Came::default() }, tx),
                    }
                }
                "again" => billing::try_again(tx, now).map(|_| None),
                "revoke" => {
                    let id = key.parse().map_err(|_| Error::Malformed("no key"))?;
                    identity::revoke_key(tx, now, &by, id)?;
                    Ok(None)
                }
                "make" => {
                    let mut faults = Vec::new();
                    if name.is_empty() || name.chars().count() > 60 || name == FILES {
                        faults.push(fault("name", t, "intake-key-name", &[]));
                    } else if !proof.holds(tx, me)? {
                        faults.push(fault("password", t, "commercial-wrong-proof", &[]));
                    }
                    if !faults.is_empty() {
                        return again(Came { name, faults, ..Came::default() }, tx);
                    }
                    let made = identity::make_key(tx, now, &by, &name)?.expose().to_owned();
                    again(Came { made: Some(made), ..Came::default() }, tx)
                }
                _ => Err(Error::Malformed("no such act")),
            }
        })
        .await?;
    match came {
        None => visit.see_other("/commercial/usage"),
        Some((found, came)) => show(visit, &me, found, &services.get(), came),
    }
}

fn seen(taken: &[Taken]) -> Seen {
    let count = |is: fn(&Taken) -> bool| taken.iter().filter(|taken| is(taken)).count();
    Seen {
        counted: count(|taken| matches!(taken, Taken::Counted(_))),
        known: count(|taken| matches!(taken, Taken::Known(_))),
        waiting: count(|taken| matches!(taken, Taken::Waits)),
    }
}

/// Faults by the lines of the file.
fn placed(faults: &[ItemFault], lines: &[usize]) -> Vec<(usize, &'static str)> {
    faults.iter().map(|fault| (lines.get(fault.item).copied().unwrap_or(1), fault.key)).collect()
}

type Rows = (Vec<RawItem>, Vec<usize>);

/// The items of a file and the line of each.
fn raw_items(text: &str) -> std::result::Result<Rows, Vec<(usize, &'static str)>> {
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let headings: Vec<String> =
        csv.headers().map(|row| row.iter().map(str::to_lowercase).collect()).unwrap_or_default();
    let column = |name: &str| headings.iter().position(|heading| heading == name);
    let is_known = |heading: &String| HEADINGS.contains(&heading.as_str());
    if !headings.iter().all(is_known) || ["id", "consumer", "provider"].iter().any(|name| column(name).is_none()) {
        return Err(vec![(1, "intake-headings")]);
    }
    let (mut items, mut lines, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for row in csv.records() {
        let line =
            |position: Option<&csv::Position>| position.and_then(|at| usize::try_from(at.line()).ok()).unwrap_or(1);
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                wrong.push((line(error.position()), "remittance-file-row"));
                continue;
            }
        };
        let cell = |name: &str| column(name).and_then(|at| row.get(at)).unwrap_or_default().to_owned();
        lines.push(line(row.position()));
        items.push(RawItem {
            id: cell("id"),
            consumer: cell("consumer"),
            provider: cell("provider"),
            service: cell("service"),
            meter: cell("meter"),
            quantity: cell("quantity"),
            value: cell("value"),
            occurred_at: cell("occurred at"),
            reference: cell("reference"),
            reverses: cell("reverses"),
            reason: cell("reason"),
        });
    }
    if wrong.is_empty() { Ok((items, lines)) } else { Err(wrong) }
}
