//! The page on which a variation's prices are built.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::super::chart::WIDTH;
use super::super::fields::{Fault, SPEAKERS, rows};
use super::outcome::{Outcome, outcome};
use super::sheet::{self, BandRow, Form, KINDS, PriceRow, TariffRow, typed_tariffs};
use super::view::{Input, TariffView};
use super::written::Written;
use super::{Around, Basis, Head, home, is_of_prices, place, status, with_fields};
use crate::billing;
use crate::forms::Services;
use crate::identity::Staff;
use crate::kernel::document::Mistake;
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "commercial/variation/prices.html")]
struct PricesPage {
    p: Frame,
    head: Head,
    tariffs: Vec<TariffView>,
    /// The prices as a file; what was pasted, where that is wrong.
    text: String,
    /// The line of what was pasted, and what is wrong there.
    mistakes: Vec<(u32, String)>,
    faults: Vec<Fault>,
    outcome: Outcome,
}

/// What prices come to, alone: a script puts it in the place of what the page shows.
#[derive(Template)]
#[template(path = "commercial/variation/outcome.html")]
struct OutcomePart {
    head: Head,
    outcome: Outcome,
}

/// `GET /commercial/agreements/{agreement}/variation/prices`
pub(in super::super) async fn prices(
    visit: Visit,
    id: Path<Uuid>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (id, around) = (*id, Around::of(&visit, &services));
    let about = around.clone();
    let (me, (basis, outcome)) = visit
        .staff(SPEAKERS, move |tx, _| {
            let basis = Basis::read(tx, id, about.today)?;
            let outcome = outcome(tx, &basis, &about)?;
            Ok((basis, outcome))
        })
        .await?;
    show(&visit, &me, (id, &basis, outcome), &around, Wrong::default())
}

/// What is wrong with what was sent.
#[derive(Default)]
struct Wrong {
    faults: Vec<Fault>,
    pasted: Option<(String, Vec<Mistake>)>,
}

fn show(
    visit: &Visit,
    me: &Staff,
    (id, basis, outcome): (Uuid, &Basis, Outcome),
    around: &Around,
    wrong: Wrong,
) -> Result<HttpResponse> {
    let Wrong { faults, pasted } = wrong;
    let sheet = &basis.sheet;
    let tariffs = with_fields(basis, around, &faults, |fields| {
        sheet.tariffs.iter().enumerate().map(|row| fields.tariff(row, &sheet.terms)).collect()
    });
    let (text, mistakes) = pasted.unwrap_or_else(|| (Written::prices(&sheet.tariffs).text, Vec::new()));
    let page = PricesPage {
        p: visit.staff_frame(Area::Commercial, me),
        head: basis.head(id, &around.directory),
        tariffs,
        text,
        mistakes: mistakes.into_iter().map(|mistake| (mistake.place.line, mistake.what)).collect(),
        faults,
        outcome,
    };
    let status = if page.mistakes.is_empty() { status(&page.faults) } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.html(status, &page)
}

/// `POST /commercial/agreements/{agreement}/variation/prices`: keeps what was typed, whatever is wrong with it; adds or removes
/// a row; takes prices from a text. Looking at what they come to keeps nothing.
pub(in super::super) async fn change_prices(
    form: Posted,
    id: Path<Uuid>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (id, around) = (*id, Around::of(visit, &services));
    let (act, seen) = (form.get("act").to_owned(), form.get("seen").to_owned());
    let text = rows(form.get("text"));
    let typed = typed_tariffs(&Form(form.fields()));
    let news: Vec<String> = (0..typed.len()).map(|t| form.get(&format!("t{t}-new")).to_owned()).collect();
    let (here, now, about) = (visit.here.clone(), visit.now, around.clone());
    let look = act == "look";
    let (me, (basis, outcome, came)) = visit
        .staff(SPEAKERS, move |tx, me| {
            let mut basis = Basis::read(tx, id, about.today)?;
            let changed = basis.changed_since(&seen, about.t).filter(|_| act != "look");
            let came = if let Some(fault) = changed {
                let pasted = (act == "paste").then(|| (text, Vec::new()));
                if pasted.is_none() {
                    basis.sheet.tariffs = typed;
                }
                Err(Wrong { faults: vec![fault], pasted })
            } else if act == "paste" {
                match billing::read_tariffs(&text) {
                    Err(mistakes) => Err(Wrong { pasted: Some((text, mistakes)), ..Wrong::default() }),
                    Ok(read) => {
                        basis.sheet.tariffs = sheet::rows(read.iter().map(|(days, prices)| (*days, prices.as_slice())));
                        basis.keep(tx, now, &me.actor(&here.name))?;
                        Ok("/prices".to_owned())
                    }
                }
            } else {
                basis.sheet.tariffs = typed;
                if act == "look" {
                    Ok(String::new())
                } else {
                    let to = act_on(&mut basis.sheet.tariffs, &act, &news)?;
                    basis.keep(tx, now, &me.actor(&here.name))?;
                    // Whoever adds a row has not finished.
                    let is_done = matches!(act.as_str(), "save" | "work");
                    let mut faults =
                        if is_done { basis.checked(&about)?.err().unwrap_or_default() } else { Vec::new() };
                    faults.retain(|fault| is_of_prices(&fault.field));
                    if faults.is_empty() { Ok(to) } else { Err(Wrong { faults, pasted: None }) }
                }
            };
            let outcome = outcome(tx, &basis, &about)?;
            Ok((basis, outcome, came))
        })
        .await?;
    match came {
        Ok(_) if look => visit.ok(&OutcomePart { head: basis.head(id, &around.directory), outcome }),
        Ok(to) => visit.see_other(&format!("{}{to}", home(id))),
        Err(wrong) => show(visit, &me, (id, &basis, outcome), &around, wrong),
    }
}

/// Does what a button says, and where to go then.
fn act_on(tariffs: &mut Vec<TariffRow>, act: &str, news: &[String]) -> Result<String> {
    let (act, at) = act.split_once(':').unwrap_or((act, ""));
    let place = place(at);
    let to = |at: &str| format!("/prices#{at}");
    match (act, place.as_slice()) {
        ("save", []) => return Ok("/draft".to_owned()),
        ("work", []) => return Ok(to("worked")),
        ("add-tariff", []) => {
            let prices = tariffs.last().map(|last| last.prices.clone()).unwrap_or_default();
            tariffs.push(TariffRow { from: String::new(), prices });
            return Ok(to(&format!("t{}-from", tariffs.len() - 1)));
        }
        ("add-price", [t]) => {
            let kind = news.get(*t).filter(|word| KINDS.iter().any(|kind| kind.word == word.as_str()));
            if let (Some(tariff), Some(kind)) = (tariffs.get_mut(*t), kind) {
                tariff.prices.push(PriceRow::new(kind));
                return Ok(to(&format!("t{t}-p{}", tariff.prices.len() - 1)));
            }
        }
        ("remove", [t]) if 0 < *t && *t < tariffs.len() => {
            tariffs.remove(*t);
            return Ok(to("t0"));
        }
        ("remove", [t, p]) => {
            if let Some(tariff) = tariffs.get_mut(*t).filter(|tariff| *p < tariff.prices.len()) {
                tariff.prices.remove(*p);
                return Ok(to(&format!("t{t}")));
            }
        }
        (act, [t, p, b @ ..]) => {
            if let Some(price) = tariffs.get_mut(*t).and_then(|tariff| tariff.prices.get_mut(*p)) {
                match (act, b) {
                    ("change", []) => *price = std::mem::take(price).with_bands(),
                    ("add-band", []) => price.bands.push(BandRow::default()),
                    ("remove", [b]) if *b < price.bands.len() && price.bands.len() > 1 => {
                        price.bands.remove(*b);
                    }
                    ("remove", [_]) => {}
                    _ => return Err(Error::Malformed("no such act")),
                }
                return Ok(to(&format!("t{t}-p{p}")));
            }
        }
        _ => {}
    }
    Err(Error::Malformed("no such act"))
}
