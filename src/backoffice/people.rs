//! `/staff/people`: who works here, for administrators.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use uuid::Uuid;

use super::Faults;
use crate::identity::{self, Invitation, NewStaff, Person, Role, Staff};
use crate::kernel::Pence;
use crate::kernel::time::long_moment;
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::Authority;

/// What was typed to add somebody.
#[derive(Default)]
struct Typed {
    email: String,
    name: String,
    roles: Vec<Role>,
    limit: String,
}

impl Typed {
    fn of(form: &Posted) -> Typed {
        let roles = form.fields().iter().filter(|(name, _)| name == "roles").filter_map(|(_, word)| word.parse().ok());
        Typed {
            email: form.get("email").to_owned(),
            name: form.get("name").to_owned(),
            roles: roles.collect(),
            limit: form.get("limit").to_owned(),
        }
    }

    /// As the form shows somebody who is here already.
    fn as_is(person: &Person) -> Typed {
        let limit = if person.sign_limit > Pence(0) { (person.sign_limit.0 / 100).to_string() } else { String::new() };
        Typed { email: person.email.clone(), name: person.name.clone(), roles: person.roles.clone(), limit }
    }

    /// Somebody at this council, or everything that is wrong.
    fn checked(&self, here: &Authority) -> std::result::Result<NewStaff, Faults> {
        let limit = self.limit();
        match (NewStaff::new(here, &self.email, &self.name, &self.roles, limit.unwrap_or(Pence(1))), limit) {
            (Ok(new), Some(_)) => Ok(new),
            (checked, limit) => {
                let mut faults = Faults::from(checked.err().unwrap_or_default());
                if limit.is_none() && faults.of("limit").is_none() {
                    faults.add("limit", "staff-limit-wrong");
                }
                Err(faults)
            }
        }
    }

    /// The limit in pence; zero where none is given.
    fn limit(&self) -> Option<Pence> {
        let digits: String = self.limit.chars().filter(|c| !matches!(c, '£' | ',' | ' ')).collect();
        if digits.is_empty() {
            return Some(Pence(0));
        }
        let pounds = digits.parse::<u32>().ok()?;
        Some(Pence(i64::from(pounds) * 100))
    }
}

#[derive(Template)]
#[template(path = "backoffice/people.html")]
struct PeoplePage {
    p: Frame,
    me: Uuid,
    people: Vec<Person>,
    roles: Vec<Role>,
    faults: Faults,
    typed: Typed,
}

#[derive(Template)]
#[template(path = "backoffice/person.html")]
struct PersonPage {
    p: Frame,
    person: Person,
    roles: Vec<Role>,
    faults: Faults,
    typed: Typed,
}

#[derive(Template)]
#[template(path = "backoffice/person_link.html")]
struct LinkPage {
    p: Frame,
    name: String,
    link: String,
    until: String,
}

/// `GET /staff/people`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let (me, people) = visit.staff(&[Role::Administrator], |tx, _| identity::people(tx)).await?;
    show(&visit, &me, people, Faults::default(), Typed::default())
}

/// The roles that an administrator may give here.
fn offered(here: &Authority) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| *role != Role::Operator || here.is_operator()).collect()
}

fn show(visit: &Visit, me: &Staff, people: Vec<Person>, faults: Faults, typed: Typed) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let roles = offered(&visit.here);
    let p = visit.staff_frame(Area::Casework, me);
    visit.html(status, &PeoplePage { p, me: me.id, people, roles, faults, typed })
}

/// `POST /staff/people`
pub(super) async fn add(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let typed = Typed::of(&form);
    let new = typed.checked(&visit.here);
    let (here, secret, now) = (visit.here.clone(), visit.secret().clone(), visit.now);
    let (me, done) = visit
        .staff(&[Role::Administrator], move |tx, me| {
            let faults = match new {
                Ok(new) => match identity::add(tx, &secret, now, &me.actor(&here.name), &new) {
                    Ok(invitation) => return Ok(Ok((invitation, new.name().to_owned()))),
                    Err(Error::Conflict(_)) => Faults::one("email", "staff-email-taken"),
                    Err(error) => return Err(error),
                },
                Err(faults) => faults,
            };
            Ok(Err((faults, identity::people(tx)?)))
        })
        .await?;
    match done {
        Ok((invitation, name)) => show_link(visit, &me, &invitation, name),
        Err((faults, people)) => show(visit, &me, people, faults, typed),
    }
}

/// The only time that the link is seen: what is kept of it is a hash.
fn show_link(visit: &Visit, me: &Staff, invitation: &Invitation, name: String) -> Result<HttpResponse> {
    visit.ok(&LinkPage {
        p: visit.staff_frame(Area::Casework, me),
        name,
        link: visit.link(&invitation.path),
        until: long_moment(invitation.expires_at),
    })
}

/// `GET /staff/people/{person}`
pub(super) async fn person(visit: Visit, person: web::Path<Uuid>) -> Result<HttpResponse> {
    let id = *person;
    let (me, person) = visit.staff(&[Role::Administrator], move |tx, _| identity::person(tx, id)).await?;
    let typed = Typed::as_is(&person);
    show_person(&visit, &me, person, Faults::default(), typed)
}

fn show_person(visit: &Visit, me: &Staff, person: Person, faults: Faults, typed: Typed) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let p = visit.staff_frame(Area::Casework, me);
    visit.html(status, &PersonPage { p, person, roles: offered(&visit.here), faults, typed })
}

/// `POST /staff/people/{person}`: their name, roles and limit become what was typed.
pub(super) async fn change(form: Posted, person: web::Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (here, now, id, mut typed) = (visit.here.clone(), visit.now, *person, Typed::of(&form));
    let (me, refused) = visit
        .staff(&[Role::Administrator], move |tx, me| {
            let person = identity::person(tx, id)?;
            typed.email.clone_from(&person.email);
            match typed.checked(&here) {
                Ok(new) => identity::change(tx, now, &me.actor(&here.name), id, &new).map(|()| None),
                Err(faults) => Ok(Some((person, faults, typed))),
            }
        })
        .await?;
    match refused {
        None => visit.see_other("/staff/people"),
        Some((person, faults, typed)) => show_person(visit, &me, person, faults, typed),
    }
}

/// `POST /staff/people/{person}/link`
pub(super) async fn invite_again(form: Posted, person: web::Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (here, secret, now, id) = (visit.here.clone(), visit.secret().clone(), visit.now, *person);
    let (me, (invitation, person)) = visit
        .staff(&[Role::Administrator], move |tx, me| {
            let invitation = identity::invite_again(tx, &secret, now, &me.actor(&here.name), id)?;
            Ok((invitation, identity::person(tx, id)?))
        })
        .await?;
    show_link(visit, &me, &invitation, person.name)
}

/// `POST /staff/people/{person}/deactivate`
pub(super) async fn deactivate(form: Posted, person: web::Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (here, now, id) = (visit.here.clone(), visit.now, *person);
    visit.staff(&[Role::Administrator], move |tx, me| identity::deactivate(tx, now, &me.actor(&here.name), id)).await?;
    visit.see_other("/staff/people")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_whole_pounds() {
        let limit = |text: &str| Typed { limit: text.to_owned(), ..Typed::default() }.limit();
        assert_eq!(limit(""), Some(Pence(0)));
        assert_eq!(limit("£50,000"), Some(Pence(5_000_000)));
        for wrong in ["50.50", "-1", "lots", "99999999999"] {
            assert_eq!(limit(wrong), None, "{wrong}");
        }
    }
}
