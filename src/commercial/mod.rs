//! The pages under `/commercial`: what each council earns from its partners and owes them, the agreements behind it, and
//! the bills, every line of which leads to the events that it charges for.
//!
//! Both parties open the same pages of the same rows. A council without an agreement has an empty page of its own, and
//! nobody else's: every id of it is nothing here.

mod agreements;
mod bank;
mod bills;
mod book;
mod budget;
mod budget_file;
mod budget_set;
mod chart;
mod compare;
mod csv;
mod dashboard;
mod dispute;
mod document;
mod evidence;
mod fields;
mod forecast;
mod levels;
mod payments;
mod pdf;
mod remittance;
mod remittance_file;
mod run;
mod share;
mod statement;
mod usage;
mod variation;
mod watch;

pub use watch::{Warning, compose_warning, watch};

use actix_web::web::{self, ServiceConfig};
use jiff::civil::Date;

use crate::forms::Services;
use crate::kernel::time::long_date;
use crate::kernel::{AuthorityId, Language};

pub use dispute::compose_escalated;

/// This room's addresses.
pub fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/commercial", web::get().to(dashboard::page))
        .route("/commercial/agreements", web::get().to(agreements::list))
        .route("/commercial/agreements/{agreement}", web::get().to(agreements::one))
        .route("/commercial/agreements/{agreement}/compare/{with}", web::get().to(compare::page))
        .route("/commercial/agreements/{agreement}/levels/{level}", web::get().to(levels::page))
        .route("/commercial/agreements/{agreement}/variation", web::get().to(variation::terms))
        .route("/commercial/agreements/{agreement}/variation", web::post().to(variation::change_terms))
        .route("/commercial/agreements/{agreement}/variation/prices", web::get().to(variation::prices))
        .route("/commercial/agreements/{agreement}/variation/prices", web::post().to(variation::change_prices))
        .route("/commercial/agreements/{agreement}/variation/draft", web::get().to(variation::draft))
        .route("/commercial/agreements/{agreement}/variation/draft", web::post().to(variation::offer))
        .route("/commercial/agreements/{agreement}/sign", web::post().to(agreements::sign))
        .route("/commercial/bills", web::get().to(bills::page))
        .route("/commercial/runs", web::post().to(run::prepare))
        .route("/commercial/runs/{run}", web::get().to(run::page))
        .route("/commercial/runs/{run}", web::post().to(run::review))
        .route("/commercial/runs/{run}/issue", web::post().to(run::issue))
        .route("/commercial/shares/{agreement}", web::get().to(share::page))
        .route("/commercial/shares/{agreement}", web::post().to(share::outturn))
        .route("/commercial/payments", web::get().to(payments::page))
        .route("/commercial/open.csv", web::get().to(payments::open_csv))
        .route("/commercial/payments/{way}/{council}", web::get().to(remittance::new))
        .route("/commercial/payments/{way}/{council}", web::post().to(remittance::enter))
        .route("/commercial/payments/file", web::get().to(remittance_file::page))
        .route("/commercial/payments/file", web::post().to(remittance_file::post))
        .route("/commercial/payments/{remittance}", web::get().to(remittance::page))
        .route("/commercial/payments/{remittance}", web::post().to(remittance::act))
        .route("/commercial/statements/{council}", web::get().to(statement::page))
        .route("/commercial/statements/{council}/statement.csv", web::get().to(statement::csv))
        .route("/commercial/forecast", web::get().to(forecast::page))
        .route("/commercial/forecast.csv", web::get().to(forecast::csv))
        .route("/commercial/budget", web::get().to(budget::page))
        .route("/commercial/budget", web::post().to(budget::post))
        .route("/commercial/budget.csv", web::get().to(budget::csv))
        .route("/commercial/budget/of/{agreement}", web::get().to(budget::one))
        .route("/commercial/budget/set", web::get().to(budget_set::page))
        .route("/commercial/budget/set", web::post().to(budget_set::post))
        .route("/commercial/budget/file", web::get().to(budget_file::page))
        .route("/commercial/budget/file", web::post().to(budget_file::post))
        .route("/commercial/book", web::get().to(book::page))
        .route("/commercial/book", web::post().to(book::post))
        .route("/commercial/journal.csv", web::get().to(book::journal))
        .route("/commercial/transparency.csv", web::get().to(book::transparency))
        .route("/commercial/usage", web::get().to(usage::page))
        .route("/commercial/usage", web::post().to(usage::post))
        .route("/commercial/bank", web::get().to(bank::page))
        .route("/commercial/bank", web::post().to(bank::change))
        .route("/commercial/documents/{document}", web::get().to(document::page))
        .route("/commercial/documents/{document}/lines.csv", web::get().to(document::lines_csv))
        .route("/commercial/documents/{document}/{language}.pdf", web::get().to(document::pdf))
        .route("/commercial/documents/{document}/invoice.xml", web::get().to(document::ubl))
        .route("/commercial/documents/{document}/lines/{line}", web::get().to(document::line))
        .route("/commercial/documents/{document}/lines/{line}/events.csv", web::get().to(document::events_csv))
        .route("/commercial/documents/{document}/lines/{line}/dispute", web::get().to(dispute::doubt))
        .route("/commercial/documents/{document}/lines/{line}/dispute", web::post().to(dispute::raise))
        .route("/commercial/disputes/{dispute}", web::get().to(dispute::page))
        .route("/commercial/disputes/{dispute}", web::post().to(dispute::act))
        .route("/commercial/disputes/{dispute}/cases", web::get().to(evidence::page));
}

/// What people call a council's service.
fn service_name(services: &Services, of: AuthorityId, slug: &str) -> String {
    services.find(of, slug).map_or_else(|| slug.to_owned(), |s| s.of(Language::En).name.clone())
}

/// `1 to 31 October 2026`, of a period whose last day is the one before `until`.
fn period(from: Date, until: Date) -> String {
    let last = until.yesterday().unwrap_or(until);
    match () {
        () if from == last => long_date(from),
        () if (from.year(), from.month()) == (last.year(), last.month()) => {
            format!("{} to {}", from.day(), long_date(last))
        }
        () => format!("{} to {}", long_date(from), long_date(last)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::period;

    #[test]
    fn a_period_names_its_last_day() {
        assert_eq!(period(date(2026, 10, 1), date(2026, 11, 1)), "1 to 31 October 2026");
        assert_eq!(period(date(2026, 10, 1), date(2026, 10, 2)), "1 October 2026");
        assert_eq!(period(date(2026, 4, 1), date(2029, 4, 1)), "1 April 2026 to 31 March 2029");
    }
}
