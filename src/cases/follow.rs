//! What a citizen does with her case. Her private link proves that it is hers; each verb locks the case, checks that it may
//! be done now, and writes the change and the timeline together. What is sent twice is done once.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::model::{Case, SeenBy, State};
use super::store::{self, NewEvent};
use super::track::Link;
use super::usage::{Act, CASE_REOPENED, count};
use crate::kernel::time::date_in;
use crate::kernel::{WorkingDays, billing_date};
use crate::metering;
use crate::platform::{Error, Result, Tx};
use crate::site::Texts;
use crate::tenancy::Authority;

/// For how long after it was resolved a case can be opened again.
const REOPEN_WITHIN: SignedDuration = SignedDuration::from_hours(24 * 28);
/// Within how many working days she is answered when she asks why it is late, and how often she may ask.
const CHASE_EVERY: u16 = 5;
/// The word of a withdrawal in agreements.
const WITHDRAWN: &str = "withdrawn";

/// What she may do with her case now, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayFollow {
    /// Send a message, or tell more.
    pub write: bool,
    /// Say that she no longer needs it.
    pub withdraw: bool,
    /// Ask why it is late.
    pub chase: bool,
    /// Where she has asked and nobody has answered: by when somebody will.
    pub answer_by: Option<Date>,
    /// Open it again, up to and with this day.
    pub reopen_until: Option<Date>,
    /// Say whether it is sorted.
    pub rate: bool,
}

impl MayFollow {
    /// Of a case at a moment, in the owner's working days.
    #[must_use]
    pub fn of(case: &Case, now: Timestamp, days: WorkingDays<'_>) -> MayFollow {
        let today = billing_date(now);
        let worked_on = matches!(case.state, State::New | State::InProgress);
        let again_on = case.chased_on.map(|on| days.after(on, CHASE_EVERY));
        let until = case.closed_at.filter(|_| case.state == State::Resolved).map(|at| billing_date(at + REOPEN_WITHIN));
        MayFollow {
            write: !case.is_closed(),
            withdraw: worked_on,
            chase: worked_on && case.due_on < today && again_on.is_none_or(|on| on <= today),
            answer_by: again_on.filter(|_| case.chased),
            reopen_until: until.filter(|until| today <= *until),
            rate: case.state == State::Resolved,
        }
    }
}

/// Adds her words to the case. `once` names this sending of them.
///
/// # Errors
/// [`Error::NotFound`] if the link opens nothing; [`Error::Conflict`] if the case is closed.
pub fn message(tx: &mut Tx<'_>, now: Timestamp, at: &Authority, link: &Link, once: Uuid, words: &str) -> Result<()> {
    let case = link.lock(tx)?.into_case();
    if !log_once(tx, now, at, &case, once, "message", words)? {
        return Ok(());
    }
    allowed(MayFollow::of(&case, now, at.working_days()).write)?;
    store::set_unread(tx, case.id)
}

/// Closes the case, because she no longer needs it. What was counted for it is taken back only where the agreement says so.
///
/// # Errors
/// As [`message`], unless nobody may be working on it now.
pub fn withdraw(tx: &mut Tx<'_>, now: Timestamp, at: &Authority, link: &Link, once: Uuid, words: &str) -> Result<()> {
    let case = link.lock(tx)?.into_case();
    if !log_once(tx, now, at, &case, once, "withdrawn", words)? {
        return Ok(());
    }
    allowed(MayFollow::of(&case, now, at.working_days()).withdraw)?;
    store::set_withdrawn(tx, now, case.id)?;
    metering::reverse(tx, now, case.id, once, WITHDRAWN)?;
    Ok(())
}

/// Asks why it is late, which puts it first in its queue.
///
/// # Errors
/// As [`message`], unless it is late and she has not asked lately.
pub fn chase(tx: &mut Tx<'_>, now: Timestamp, at: &Authority, link: &Link) -> Result<()> {
    let case = link.lock(tx)?.into_case();
    allowed(MayFollow::of(&case, now, at.working_days()).chase)?;
    let today = billing_date(now);
    store::set_chased(tx, case.id, today)?;
    let by = date_in(case.language, at.working_days().after(today, CHASE_EVERY));
    log(tx, now, at, &case, "chased", &Texts::of(case.language).one("cases-event-chased", "date", by))
}

/// Opens the case again, with the same reference and whoever had it. Its target, in working days as its definition says,
/// runs anew; it is not accepted again, and counts only as opened again.
///
/// # Errors
/// As [`message`], unless it was resolved not long ago.
pub fn reopen(
    tx: &mut Tx<'_>,
    now: Timestamp,
    at: &Authority,
    link: &Link,
    once: Uuid,
    words: &str,
    target: impl FnOnce(&mut Tx<'_>, &Case) -> Result<u16>,
) -> Result<()> {
    let case = link.lock(tx)?.into_case();
    if !log_once(tx, now, at, &case, once, "reopened", words)? {
        return Ok(());
    }
    allowed(MayFollow::of(&case, now, at.working_days()).reopen_until.is_some())?;
    count(tx, now, &case, &Act::one(once, CASE_REOPENED, now))?;
    let target = target(tx, &case)?;
    store::set_reopened(tx, &case, at.working_days().after(billing_date(now), target))
}

/// Keeps whether she says that it is sorted; she may change her mind.
///
/// # Errors
/// As [`message`], unless it is resolved.
pub fn rate(tx: &mut Tx<'_>, now: Timestamp, at: &Authority, link: &Link, sorted: bool) -> Result<()> {
    let case = link.lock(tx)?.into_case();
    allowed(MayFollow::of(&case, now, at.working_days()).rate)?;
    if case.sorted == Some(sorted) {
        return Ok(());
    }
    store::set_sorted(tx, case.id, sorted)?;
    let (kind, words) =
        if sorted { ("rated.yes", "cases-event-rated-yes") } else { ("rated.no", "cases-event-rated-no") };
    log(tx, now, at, &case, kind, &Texts::of(case.language).get(words))
}

fn allowed(may: bool) -> Result<()> {
    if may { Ok(()) } else { Err(Error::Conflict("error-conflict-state".to_owned())) }
}

fn log(tx: &mut Tx<'_>, now: Timestamp, at: &Authority, case: &Case, kind: &'static str, body: &str) -> Result<()> {
    let event = NewEvent { kind, seen_by: SeenBy::Citizen, actor_name: &at.name, by_name: None, body };
    store::insert_event(tx, now, case.id, case.handler, &event).map(drop)
}

/// The same for what she has typed, which the browser may send again; no if the timeline has it.
fn log_once(
    tx: &mut Tx<'_>,
    now: Timestamp,
    at: &Authority,
    case: &Case,
    once: Uuid,
    kind: &'static str,
    body: &str,
) -> Result<bool> {
    let event = NewEvent { kind, seen_by: SeenBy::Citizen, actor_name: &at.name, by_name: None, body };
    store::insert_event_once(tx, now, once, case.id, case.handler, &event)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::kernel::AuthorityId;

    fn case() -> Case {
        Case {
            sensitive: false,
            language: crate::kernel::Language::En,
            id: Uuid::nil(),
            owner: AuthorityId(Uuid::nil()),
            handler: AuthorityId(Uuid::nil()),
            agreement_id: None,
            reference: String::new(),
            service: String::new(),
            version: 1,
            title: String::new(),
            state: State::New,
            routed_because: String::new(),
            team: String::new(),
            opened_at: "2026-11-20T10:30:00Z".parse().unwrap(),
            due_on: date(2026, 11, 27),
            taken_by: None,
            taken_by_name: None,
            outcome: None,
            closed_at: None,
            done_by: None,
            unread: false,
            chased_on: None,
            chased: false,
            sorted: None,
            can_be_told: true,
        }
    }

    fn at(case: &Case, moment: &str) -> MayFollow {
        MayFollow::of(case, moment.parse().unwrap(), WorkingDays::NATIONAL)
    }

    #[test]
    fn she_asks_why_it_is_late_once_it_is_and_once_a_week() {
        let mut one = case();
        assert!(!at(&one, "2026-11-27T23:59:00Z").chase, "it is due today");
        assert!(at(&one, "2026-11-28T00:00:00Z").chase);
        one.chased_on = Some(date(2026, 11, 30));
        one.chased = true;
        assert_eq!(at(&one, "2026-12-04T12:00:00Z").answer_by, Some(date(2026, 12, 7)));
        assert!(!at(&one, "2026-12-06T12:00:00Z").chase && at(&one, "2026-12-07T00:00:00Z").chase);
        one.chased = false;
        assert_eq!(at(&one, "2026-12-04T12:00:00Z").answer_by, None, "she has been answered");
        assert!(!at(&one, "2026-12-04T12:00:00Z").chase, "and still asked lately");
        one.state = State::Returned;
        let returned = at(&one, "2026-12-20T12:00:00Z");
        assert!(returned.write && !returned.chase && !returned.withdraw);
    }

    #[test]
    fn what_is_resolved_opens_again_for_four_weeks() {
        let mut one = case();
        one.state = State::Resolved;
        one.closed_at = Some("2026-11-20T10:30:00Z".parse().unwrap());
        let then = at(&one, "2026-12-18T23:00:00Z");
        assert_eq!(then.reopen_until, Some(date(2026, 12, 18)));
        assert!(then.rate && !then.write && !then.withdraw && !then.chase);
        assert_eq!(at(&one, "2026-12-19T00:00:00Z").reopen_until, None);
        one.state = State::Withdrawn;
        let withdrawn = at(&one, "2026-11-21T00:00:00Z");
        assert_eq!(withdrawn.reopen_until, None);
        assert!(!withdrawn.rate && !withdrawn.write);
    }
}
