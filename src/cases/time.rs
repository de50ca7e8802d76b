//! The table `case_time`: the minutes that staff book to a case, each booking for a day and of one kind of work. It is never
//! changed: it is taken back, for a reason, by a row below nothing on the same day. Where an agreement counts minutes of the
//! service, both are usage in the same transaction; where none does, they are the case's own record of work. No words of
//! anybody's are in it: kinds and reasons are chosen from lists.

use diesel::prelude::*;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::model::{Case, State};
use super::read::entry;
use super::store;
use super::usage::{self, Act};
use crate::audit;
use crate::kernel::time::start_of;
use crate::kernel::{Actor, AuthorityId, Quantity, billing_date, new_id};
use crate::metering;
use crate::platform::schema::case_time;
use crate::platform::{Error, Result, Tx};

/// The longest booking, in minutes: a day.
pub const LONGEST: i32 = 24 * 60;

/// Words of a short list, each with the key of its sentence.
macro_rules! chosen {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $one:ident = $word:literal, $key:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$what])* $one,)+ }

        impl $name {
            /// All of them, in the order shown.
            pub const ALL: &[$name] = &[$($name::$one,)+];

            /// The word in forms and in the database.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $($name::$one => $word,)+ }
            }

            /// The key of its sentence.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $($name::$one => $key,)+ }
            }

            /// Reads the word.
            #[must_use]
            pub fn read(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

chosen! {
    /// What the time went into.
    Work {
        /// Looking into it at a desk.
        Desk = "desk", "case-work-desk";
        /// Talking or writing to people.
        Talk = "talk", "case-work-talk";
        /// A visit, an inspection, work on the spot.
        Visit = "visit", "case-work-visit";
        /// On the way.
        Travel = "travel", "case-work-travel";
        /// Decisions, records, letters.
        Records = "records", "case-work-records";
    }
}

chosen! {
    /// Why a booking is taken back.
    BackReason {
        /// The time, the day or the kind was wrong.
        Mistyped = "mistyped", "case-back-mistyped";
        /// It was of another case.
        OtherCase = "other-case", "case-back-other-case";
        /// It was booked before.
        Twice = "twice", "case-back-twice";
        /// It is not to be charged.
        NotCharged = "not-charged", "case-back-not-charged";
    }
}

/// A booking as somebody makes it.
#[derive(Clone, Debug)]
pub struct NewTime {
    /// Names this sending of it, so that it is booked once.
    pub once: Uuid,
    /// How long, from 1 to [`LONGEST`].
    pub minutes: i32,
    /// On which day, London's.
    pub worked_on: Date,
    /// Of what kind.
    pub work: Work,
}

impl NewTime {
    /// What is wrong with it for a case: the field and the key of a sentence.
    #[must_use]
    pub fn faults(&self, case: &Case, today: Date) -> Vec<(&'static str, &'static str)> {
        let mut faults = Vec::new();
        if !(1..=LONGEST).contains(&self.minutes) {
            faults.push(("minutes", "staff-time-bounds"));
        }
        if self.worked_on > today {
            faults.push(("day", "staff-time-future"));
        } else if self.worked_on < billing_date(case.opened_at) {
            faults.push(("day", "staff-time-early"));
        }
        faults
    }
}

/// A booking as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// Its id.
    pub id: Uuid,
    /// How long, in minutes.
    pub minutes: i32,
    /// On which day.
    pub worked_on: Date,
    /// Of what kind.
    pub work: Work,
    /// For which authority.
    pub by: AuthorityId,
    /// Who, as named then.
    pub by_name: String,
    /// Whether it was counted under an agreement.
    pub is_counted: bool,
    /// Why, and by whom, it was taken back.
    pub taken_back: Option<(BackReason, String)>,
}

/// Whether time may be booked to a case: nobody works one that went back, or that its citizen no longer needs.
#[must_use]
pub fn takes_time(case: &Case) -> bool {
    matches!(case.state, State::New | State::InProgress | State::Resolved)
}

/// Books time to a case, also once it is resolved; sent twice, it is booked once. It counts under the agreement in force on
/// its day, if that counts minutes.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority handles it; [`Error::Conflict`] if no time can be booked to it, or this
/// sending booked something else already.
pub fn book(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    new: &NewTime,
) -> Result<()> {
    let today = billing_date(now);
    tx.turned(owner, |tx| {
        let case = lock(tx, reference)?;
        if !new.faults(&case, today).is_empty() {
            return Err(Error::Malformed("no such time can be booked"));
        }
        if let Some(known) = of_case(tx, case.id)?.into_iter().find(|booked| booked.id == new.once) {
            let is_same = (known.minutes, known.worked_on, known.work) == (new.minutes, new.worked_on, new.work);
            return if is_same { Ok(()) } else { Err(Error::Conflict("staff-time-other".to_owned())) };
        }
        if !takes_time(&case) {
            return Err(Error::Conflict("error-conflict-state".to_owned()));
        }
        let at = if new.worked_on == today { now } else { start_of(new.worked_on) + 12.hours() };
        let quantity = Quantity::whole(new.minutes);
        let act = Act { id: new.once, meter: usage::STAFF_MINUTES, outcome: None, quantity, at };
        let agreement = usage::count(tx, now, &case, &act)?;
        let row = Row {
            id: new.once,
            actor_id: tx.actor(),
            minutes: new.minutes,
            worked_on: new.worked_on.into(),
            work: new.work.word().to_owned(),
            by_name: by.name.clone(),
            agreement_id: agreement,
            takes_back: None,
            reason: None,
        };
        insert(tx, now, &case, &row)?;
        audit::record(tx, now, by, &entry(&case, "case.time", "working the case"))
    })
}

/// Takes a booking of the acting authority's back, on its own day; again, nothing.
///
/// # Errors
/// [`Error::NotFound`] for no such booking, or unless the acting authority handles the case.
pub fn take_back(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    booking: Uuid,
    reason: BackReason,
) -> Result<()> {
    tx.turned(owner, |tx| {
        let case = lock(tx, reference)?;
        let me = tx.actor();
        let rows = rows(tx, case.id)?;
        let is_back = rows.iter().any(|row| row.takes_back == Some(booking));
        let booked = rows.into_iter().find(|row| row.id == booking && row.takes_back.is_none());
        let booked = booked.filter(|row| row.actor_id == me).ok_or(Error::NotFound)?;
        if is_back {
            return Ok(());
        }
        let id = new_id(now);
        // What was given back with the whole case is not given back twice.
        if let Some((event, false)) = metering::events_of(tx, &[booking])?.get(&booking) {
            metering::reverse_event(tx, now, *event, id, reason.word())?;
        }
        let row = Row {
            id,
            minutes: -booked.minutes,
            by_name: by.name.clone(),
            takes_back: Some(booking),
            reason: Some(reason.word().to_owned()),
            ..booked
        };
        insert(tx, now, &case, &row)?;
        audit::record(tx, now, by, &entry(&case, "case.time-back", reason.word()))
    })
}

/// What is booked to a case that the acting authority may see, the latest day first.
///
/// # Errors
/// [`Error::NotFound`].
pub fn booked(tx: &mut Tx<'_>, owner: AuthorityId, reference: &str) -> Result<Vec<Booked>> {
    tx.turned(owner, |tx| {
        let case = store::by_reference(tx, reference)?;
        of_case(tx, case.id)
    })
}

/// How many minutes are booked to a case.
pub(super) fn total(tx: &mut Tx<'_>, case_id: Uuid) -> Result<i64> {
    let sum: Option<i64> = case_time::table
        .filter(case_time::tenant_id.eq(tx.tenant()))
        .filter(case_time::case_id.eq(case_id))
        .select(diesel::dsl::sum(case_time::minutes))
        .first(tx.conn)?;
    Ok(sum.unwrap_or_default())
}

/// Gives a case's bookings to the owner's own staff.
pub(super) fn bring_home(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let owner = tx.tenant();
    let bookings = case_time::table.filter(case_time::tenant_id.eq(owner)).filter(case_time::case_id.eq(case_id));
    diesel::update(bookings).set(case_time::handler_id.eq(owner)).execute(tx.conn)?;
    Ok(())
}

/// The case, locked, if the acting authority handles it.
fn lock(tx: &mut Tx<'_>, reference: &str) -> Result<Case> {
    let case = store::lock(tx, reference)?.into_case();
    if case.handler == tx.actor() { Ok(case) } else { Err(Error::NotFound) }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = case_time)]
struct Row {
    id: Uuid,
    actor_id: AuthorityId,
    minutes: i32,
    worked_on: jiff_diesel::Date,
    work: String,
    by_name: String,
    agreement_id: Option<Uuid>,
    takes_back: Option<Uuid>,
    reason: Option<String>,
}

fn rows(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Vec<Row>> {
    Ok(case_time::table
        .filter(case_time::tenant_id.eq(tx.tenant()))
        .filter(case_time::case_id.eq(case_id))
        .order((case_time::worked_on.desc(), case_time::at.desc(), case_time::id.desc()))
        .select(Row::as_select())
        .load(tx.conn)?)
}

fn of_case(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Vec<Booked>> {
    let rows = rows(tx, case_id)?;
    let back = |id: Uuid| {
        let row = rows.iter().find(|row| row.takes_back == Some(id))?;
        Some((row.reason.as_deref().and_then(BackReason::read)?, row.by_name.clone()))
    };
    let booked = rows.iter().filter(|row| row.takes_back.is_none()).map(|row| Booked {
        id: row.id,
        minutes: row.minutes,
        worked_on: row.worked_on.into(),
        work: Work::read(&row.work).unwrap_or(Work::Desk),
        by: row.actor_id,
        by_name: row.by_name.clone(),
        is_counted: row.agreement_id.is_some(),
        taken_back: back(row.id),
    });
    Ok(booked.collect())
}

fn insert(tx: &mut Tx<'_>, now: Timestamp, case: &Case, row: &Row) -> Result<()> {
    diesel::insert_into(case_time::table)
        .values((
            case_time::tenant_id.eq(tx.tenant()),
            case_time::id.eq(row.id),
            case_time::case_id.eq(case.id),
            case_time::handler_id.eq(case.handler),
            case_time::actor_id.eq(row.actor_id),
            case_time::minutes.eq(row.minutes),
            case_time::worked_on.eq(row.worked_on),
            case_time::work.eq(&row.work),
            case_time::by_name.eq(&row.by_name),
            case_time::agreement_id.eq(row.agreement_id),
            case_time::takes_back.eq(row.takes_back),
            case_time::reason.eq(&row.reason),
            case_time::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
