//! What a commercial team is told without asking, once for each thing: an agreement that should have been looked at again or
//! that ends, a threshold of a budget that was passed. Each council is told in its own scope, of its own side.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agreements::{self, Agreement, Notice};
use crate::billing::{self, BudgetAlert};
use crate::identity::{self, Role};
use crate::kernel::time::long_date;
use crate::kernel::{Language, billing_date};
use crate::notify::Outgoing;
use crate::platform::config::Config;
use crate::platform::outbox::{self, Topic};
use crate::platform::{Error, Result, Tx};
use crate::site::Texts;
use crate::tenancy::Authority;

/// Asks for somebody to be told: neither an address nor a name lies in the queue.
#[derive(Debug, Serialize, Deserialize)]
pub struct Warning {
    to: Whom,
    about: About,
}

impl Topic for Warning {
    const NAME: &'static str = "commercial.warning";
}

/// Who is told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Whom {
    /// A member of staff.
    Staff(Uuid),
    /// The contact in this place of the agreement's.
    Contact(usize),
}

/// Of what.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum About {
    /// An agreement whose review day is past.
    Review(Uuid),
    /// An agreement that ends.
    Ending(Uuid),
    /// The thresholds of budgets that were found passed at a moment.
    Budgets(Timestamp),
}

/// Looks what there is to tell a council's commercial team today, and asks for the mails.
///
/// # Errors
/// The database's.
pub fn watch(tx: &mut Tx<'_>, now: Timestamp, council: &Authority) -> Result<()> {
    let (today, mut team) = (billing_date(now), None);
    for agreement in agreements::list(tx)? {
        for notice in agreement.notices(today) {
            if !agreements::tell(tx, now, agreement.id, notice)? {
                continue;
            }
            let (about, contacts) = match notice {
                Notice::Review => (About::Review(agreement.id), contacts(&agreement, council)),
                Notice::Ending | Notice::LastDays => (About::Ending(agreement.id), Vec::new()),
            };
            if contacts.is_empty() {
                tell_team(tx, now, &mut team, about)?;
            }
            contacts.into_iter().try_for_each(|to| outbox::publish(tx, now, &Warning { to, about }))?;
        }
    }
    match billing::watch_budgets(tx, now)? {
        Some(at) => tell_team(tx, now, &mut team, About::Budgets(at)),
        None => Ok(()),
    }
}

/// The contacts of one side of an agreement.
fn contacts(agreement: &Agreement, council: &Authority) -> Vec<Whom> {
    let all = agreement.running.contacts.iter().enumerate();
    all.filter(|(_, contact)| contact.party == council.slug).map(|(n, _)| Whom::Contact(n)).collect()
}

/// Asks for everybody with a commercial role to be told; `team` keeps who they are.
fn tell_team(tx: &mut Tx<'_>, now: Timestamp, team: &mut Option<Vec<Uuid>>, about: About) -> Result<()> {
    let people = match team.take() {
        Some(people) => people,
        None => {
            let is_one = |person: &identity::Person| {
                person.active && person.roles.iter().any(|role| Role::COMMERCIAL.contains(role))
            };
            identity::people(tx)?.into_iter().filter(is_one).map(|person| person.id).collect()
        }
    };
    let asked = people.iter().try_for_each(|id| outbox::publish(tx, now, &Warning { to: Whom::Staff(*id), about }));
    *team = Some(people);
    asked
}

/// Puts the mail together; none if whoever it was for has left, or what it tells of is no longer there.
///
/// # Errors
/// The database's.
pub fn compose_warning(
    tx: &mut Tx<'_>,
    _now: Timestamp,
    config: &Config,
    council: &Authority,
    asked: &Warning,
) -> Result<Option<Outgoing>> {
    let agreement = match asked.about {
        About::Review(id) | About::Ending(id) => Some(agreements::read(tx, id)?),
        About::Budgets(_) => None,
    };
    let to = match asked.to {
        Whom::Staff(id) => match identity::person(tx, id) {
            Err(Error::NotFound) => return Ok(None),
            person => Some(person?).filter(|person| person.active).map(|person| person.email),
        },
        Whom::Contact(n) => agreement.as_ref().and_then(|a| a.running.contacts.get(n)).map(|c| c.email.clone()),
    };
    let Some(to) = to else { return Ok(None) };
    let t = Texts::of(Language::En);
    let host = council.hosts.first().map_or("localhost", String::as_str);
    let link = |path: &str| config.link(host, path);
    let said = |what: &str, variables: &[(&str, &str)]| {
        let key = |part| format!("commercial-mail-{what}-{part}");
        (t.with(&key("subject"), variables), t.with(&key("body"), variables))
    };
    let (subject, body) = match (asked.about, agreement) {
        (About::Budgets(at), _) => {
            let alerts = billing::alerts_at(tx, at)?;
            let lines: Vec<String> = alerts.iter().map(|alert| format!("- {}", in_words(t, alert))).collect();
            let (lines, link) = (lines.join("\n"), link("/commercial/budget"));
            said("budgets", &[("lines", &lines), ("link", &link), ("council", &council.name)])
        }
        (_, None) => return Ok(None),
        (about, Some(agreement)) => {
            let what = if matches!(about, About::Review(_)) { "review" } else { "ending" };
            let variables = [
                ("reference", agreement.reference.as_str()),
                ("title", &agreement.title),
                ("until", &long_date(agreement.term.until)),
                ("review", &agreement.running.review_on.map(long_date).unwrap_or_default()),
                ("notice", &long_date(agreement.notice_by())),
                ("link", &link(&format!("/commercial/agreements/{}", agreement.id))),
                ("council", &council.name),
            ];
            said(what, &variables)
        }
    };
    Ok(Some(Outgoing { case_id: None, to, subject, body, language: Language::En }))
}

/// What passed which threshold of which budget.
fn in_words(t: Texts, alert: &BudgetAlert) -> String {
    let key = match (alert.threshold, alert.key.is_income) {
        (0, true) => "budget-alert-falls-short",
        (0, false) => "budget-alert-goes-over",
        _ => "budget-alert-spent",
    };
    let fees = t.get("budget-fees");
    let service = if alert.key.service.is_empty() { &fees } else { &alert.key.service };
    let variables = [
        ("reference", alert.key.reference.as_str()),
        ("service", service),
        ("percent", &alert.threshold.to_string()),
        ("budget", &alert.budget.to_string()),
        ("reached", &alert.reached.to_string()),
    ];
    t.with(key, &variables)
}
