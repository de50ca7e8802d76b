//! `/staff/cases/{owner}/{reference}/time`: what time is booked to a case, booking more, and taking a booking back. Whoever sees
//! the case sees it: where an agreement counts minutes, they are on a bill.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::Faults;
use super::case::{self, May, Which, address_of};
use super::queue::owner_of;
use crate::cases::{self, BackReason, Booked, Case, NewTime, Work};
use crate::identity::{Role, Staff};
use crate::kernel::time::{long_date, typed_date};
use crate::kernel::{AuthorityId, billing_date, new_id};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::Authority;

/// What was typed and is shown again.
struct Typed {
    hours: String,
    minutes: String,
    day: String,
    work: String,
}

#[derive(Template)]
#[template(path = "backoffice/time.html")]
struct TimePage {
    p: Frame,
    case: Case,
    /// With the name of whose staff it is.
    booked: Vec<(String, Booked)>,
    total: i64,
    address: String,
    may_book: bool,
    /// Whether bookings of our own can be taken back.
    is_ours: bool,
    here: AuthorityId,
    /// Names the next sending of the form.
    once: Uuid,
    faults: Faults,
    typed: Typed,
    /// The booking whose taking back lacked a reason.
    back: Option<Uuid>,
    done: &'static str,
}

/// What was just done, for the banner.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// `1 hour 25 minutes`.
pub(super) fn spell(minutes: i64) -> String {
    let unit = |n: i64, one: &str| (n != 0).then(|| format!("{n} {one}{}", if n == 1 { "" } else { "s" }));
    let parts: Vec<String> = [unit(minutes / 60, "hour"), unit(minutes % 60, "minute")].into_iter().flatten().collect();
    parts.join(" ")
}

fn is_it(back: &Option<Uuid>, id: &Uuid) -> bool {
    back.as_ref() == Some(id)
}

/// Whole hours and minutes as typed, each of them or one; none if they are no such thing.
fn minutes(hours: &str, minutes: &str) -> Option<i32> {
    let whole = |typed: &str| if typed.is_empty() { Some(0) } else { typed.parse::<u16>().ok().map(i32::from) };
    Some(whole(hours)? * 60 + whole(minutes)?)
}

type Found = (Case, Vec<Booked>);

fn find(tx: &mut Tx<'_>, me: &Staff, owner: AuthorityId, reference: &str) -> Result<Found> {
    let case = case::find(tx, me, owner, reference)?;
    let booked = cases::booked(tx, owner, reference)?;
    Ok((case, booked))
}

/// What the page says besides the case: what is wrong, what was typed, what was done.
struct Came {
    faults: Faults,
    typed: Typed,
    back: Option<Uuid>,
    done: &'static str,
}

impl Came {
    fn new(today: Date) -> Came {
        let [hours, minutes, work] = [const { String::new() }; 3];
        let typed = Typed { hours, minutes, day: today.strftime("%d/%m/%Y").to_string(), work };
        Came { faults: Faults::default(), typed, back: None, done: "" }
    }
}

fn show(visit: &Visit, me: &Staff, owner: &Authority, (case, booked): Found, came: Came) -> Result<HttpResponse> {
    let status = if came.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let directory = visit.site.directory.get();
    let live = booked.iter().filter(|one| one.taken_back.is_none());
    let page = TimePage {
        p: visit.staff_frame(Area::Casework, me),
        total: live.map(|one| i64::from(one.minutes)).sum(),
        booked: booked.into_iter().map(|one| (directory.short_name(one.by).to_owned(), one)).collect(),
        address: address_of(owner, &case.reference),
        may_book: May::of(&case, &visit.here, me).book,
        is_ours: case.handler == visit.here.id,
        here: visit.here.id,
        once: new_id(visit.now),
        case,
        faults: came.faults,
        typed: came.typed,
        back: came.back,
        done: came.done,
    };
    visit.html(status, &page)
}

/// `GET /staff/cases/{owner}/{reference}/time`
pub(super) async fn page(visit: Visit, which: Which, done: Query<Done>) -> Result<HttpResponse> {
    let (owner, reference) = which.into_inner();
    let owner = owner_of(&visit, &owner)?;
    let theirs = owner.id;
    let (me, found) = visit.staff(&[Role::Officer], move |tx, me| find(tx, me, theirs, &reference)).await?;
    let done = match done.done.as_str() {
        "book" => "staff-done-time",
        "back" => "staff-done-time-back",
        _ => "",
    };
    show(&visit, &me, &owner, found, Came { done, ..Came::new(billing_date(visit.now)) })
}

/// `POST /staff/cases/{owner}/{reference}/time`
pub(super) async fn book(form: Posted, which: Which) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let field = |name: &str| form.get(name).trim().to_owned();
    let typed = Typed { hours: field("hours"), minutes: field("minutes"), day: field("day"), work: field("work") };
    let once = Uuid::try_parse(form.get("once")).unwrap_or_else(|_| new_id(visit.now));
    let (took, day, work) = (minutes(&typed.hours, &typed.minutes), typed_date(&typed.day), Work::read(&typed.work));
    let back = format!("{}/time?done=book", address_of(&owner, &reference));
    let (theirs, here, now) = (owner.id, Arc::clone(&visit.here), visit.now);
    let (me, refused) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let found = find(tx, me, theirs, &reference)?;
            if found.0.handler != here.id {
                return Err(Error::NotFound);
            }
            let today = billing_date(now);
            // What is missing stands as something that will do, so that the others are looked at.
            let new = NewTime {
                once,
                minutes: took.unwrap_or_default(),
                worked_on: day.unwrap_or(today),
                work: work.unwrap_or(Work::Desk),
            };
            let mut faults = new.faults(&found.0, today);
            if day.is_none() {
                faults.push(("day", "staff-time-day"));
            }
            if work.is_none() {
                faults.push(("work", "staff-time-work"));
            }
            if faults.is_empty() {
                match cases::book(tx, now, theirs, &reference, &me.actor(&here.name), &new) {
                    Err(Error::Conflict(key)) if key == "staff-time-other" => {
                        faults.push(("minutes", "staff-time-other"));
                    }
                    booked => return booked.map(|()| None),
                }
            }
            Ok(Some((found, Faults::from(faults))))
        })
        .await?;
    match refused {
        Some((found, faults)) => {
            show(visit, &me, &owner, found, Came { faults, typed, ..Came::new(billing_date(visit.now)) })
        }
        None => visit.see_other(&back),
    }
}

/// `POST /staff/cases/{owner}/{reference}/time/{booking}/back`
pub(super) async fn take_back(form: Posted, which: Path<(String, String, Uuid)>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference, booking) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let reason = BackReason::read(form.get("reason"));
    let to = format!("{}/time?done=back", address_of(&owner, &reference));
    let (theirs, here, now) = (owner.id, Arc::clone(&visit.here), visit.now);
    let (me, refused) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let found = find(tx, me, theirs, &reference)?;
            let is_ours = |one: &Booked| one.id == booking && one.by == here.id;
            if found.0.handler != here.id || !found.1.iter().any(is_ours) {
                return Err(Error::NotFound);
            }
            let Some(reason) = reason else { return Ok(Some(found)) };
            cases::take_back(tx, now, theirs, &reference, &me.actor(&here.name), booking, reason).map(|()| None)
        })
        .await?;
    match refused {
        Some(found) => {
            let faults = Faults::one("reason", "staff-time-back");
            show(visit, &me, &owner, found, Came { faults, back: Some(booking), ..Came::new(billing_date(visit.now)) })
        }
        None => visit.see_other(&to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_and_spelt_as_people_write_it() {
        assert_eq!((minutes("1", "25"), minutes("", "90"), minutes("2", "")), (Some(85), Some(90), Some(120)));
        assert_eq!((minutes("", ""), minutes("1.5", ""), minutes("", "-5")), (Some(0), None, None));
        assert_eq!((spell(85), spell(60), spell(1)), ("1 hour 25 minutes".into(), "1 hour".into(), "1 minute".into()));
    }
}
