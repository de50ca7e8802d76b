//! The page of a variation's terms: everything but its prices.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::super::fields::{Fault, SPEAKERS};
use super::sheet::{ContactRow, Form, ServiceRow, Terms};
use super::view::{ContactView, Field, Input, ServiceView};
use super::{Around, Basis, Head, home, is_of_prices, place, status, with_fields};
use crate::forms::Services;
use crate::identity::Staff;
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "commercial/variation/terms.html")]
struct TermsPage {
    p: Frame,
    head: Head,
    about: Vec<Field>,
    paying: Vec<Field>,
    days: Vec<Field>,
    order_required: bool,
    contacts: Vec<ContactView>,
    services: Vec<ServiceView>,
    faults: Vec<Fault>,
}

/// `GET /commercial/agreements/{agreement}/variation`
pub(in super::super) async fn terms(
    visit: Visit,
    id: Path<Uuid>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (id, around) = (*id, Around::of(&visit, &services));
    let today = around.today;
    let (me, basis) = visit.staff(SPEAKERS, move |tx, _| Basis::read(tx, id, today)).await?;
    show(&visit, &me, (id, &basis), &around, Vec::new())
}

fn show(
    visit: &Visit,
    me: &Staff,
    (id, basis): (Uuid, &Basis),
    around: &Around,
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let terms = &basis.sheet.terms;
    let (parts, contacts, services) = with_fields(basis, around, &faults, |fields| {
        let contacts = terms.contacts.iter().enumerate().map(|row| fields.contact(row)).collect();
        let services = terms.services.iter().enumerate().map(|row| fields.service(row)).collect();
        (fields.terms(terms), contacts, services)
    });
    let [about, paying, days] = parts;
    let page = TermsPage {
        p: visit.staff_frame(Area::Commercial, me),
        head: basis.head(id, &around.directory),
        about,
        paying,
        days,
        order_required: terms.order_required,
        contacts,
        services,
        faults,
    };
    visit.html(status(&page.faults), &page)
}

/// `POST /commercial/agreements/{agreement}/variation`: keeps what was typed, whatever is wrong with it, and adds or removes
/// a row.
pub(in super::super) async fn change_terms(
    form: Posted,
    id: Path<Uuid>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (id, around) = (*id, Around::of(visit, &services));
    let (act, seen) = (form.get("act").to_owned(), form.get("seen").to_owned());
    let typed = Terms::typed(&Form(form.fields()));
    let (here, now, about) = (visit.here.clone(), visit.now, around.clone());
    let (me, (basis, to, faults)) = visit
        .staff(SPEAKERS, move |tx, me| {
            let mut basis = Basis::read(tx, id, about.today)?;
            let changed = basis.changed_since(&seen, about.t);
            basis.sheet.terms = typed;
            if let Some(fault) = changed {
                return Ok((basis, String::new(), vec![fault]));
            }
            let to = act_on(&mut basis.sheet.terms, &act)?;
            basis.keep(tx, now, &me.actor(&here.name))?;
            // Whoever adds a row has not finished.
            let mut faults = match basis.checked(&about)? {
                Err(faults) if act == "save" => faults,
                _ => Vec::new(),
            };
            faults.retain(|fault| !is_of_prices(&fault.field));
            Ok((basis, to, faults))
        })
        .await?;
    if faults.is_empty() {
        return visit.see_other(&format!("{}{to}", home(id)));
    }
    show(visit, &me, (id, &basis), &around, faults)
}

/// Does what a button says, and where to go then.
fn act_on(terms: &mut Terms, act: &str) -> Result<String> {
    let (act, at) = act.split_once(':').unwrap_or((act, ""));
    match (act, place(at).as_slice()) {
        ("save", []) => {
            *terms = std::mem::take(terms).tidied();
            return Ok("/prices".to_owned());
        }
        ("add-contact", []) => {
            terms.contacts.push(ContactRow::default());
            return Ok(format!("#c{}-party", terms.contacts.len() - 1));
        }
        ("add-service", []) => {
            let meter = terms.services.last().map(|row| row.meter.clone()).unwrap_or_default();
            terms.services.push(ServiceRow { meter, ..ServiceRow::default() });
            return Ok(format!("#s{}-slug", terms.services.len() - 1));
        }
        ("remove", [n]) if at.starts_with('c') && *n < terms.contacts.len() => {
            terms.contacts.remove(*n);
            return Ok("#contacts".to_owned());
        }
        ("remove", [n]) if at.starts_with('s') && *n < terms.services.len() => {
            terms.services.remove(*n);
            return Ok("#services".to_owned());
        }
        _ => {}
    }
    Err(Error::Malformed("no such act"))
}
