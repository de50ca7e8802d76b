//! `/commercial/forecast`: what this month and this financial year will come to on both sides, agreement by agreement, how
//! that is worked out, and how wrong it has been.

use actix_web::HttpResponse;
use askama::Template;
use jiff::civil::Date;
use uuid::Uuid;

use super::chart::{Chart, WIDTH, draw};
use super::csv::{Cell, Csv};
use crate::agreements::{self, Agreement};
use crate::billing::{self, BackTest, ENOUGH_MONTHS, LEAST_DAYS, MEAN_DAYS, Outlook, TRIED_MONTHS};
use crate::identity::{Role, Staff};
use crate::kernel::money::{decimal, round_half_away};
use crate::kernel::time::{financial_year, long_date};
use crate::kernel::{AuthorityId, Month, Pence, billing_date};
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Directory;

#[derive(Template)]
#[template(path = "commercial/forecast.html")]
struct ForecastPage {
    p: Frame,
    month: Month,
    year: i16,
    /// The last day that is counted whole.
    counted_to: Date,
    sides: Vec<Side>,
}

/// The agreements in which we stand on one side.
struct Side {
    is_income: bool,
    rows: Vec<Row>,
    so_far: Pence,
    month_end: Pence,
    /// The sums of the ranges, where every agreement has one.
    range: Option<(Pence, Pence)>,
    year_so_far: Pence,
    year_end: Pence,
    /// The year's months from April.
    chart: Chart,
    /// In how many agreements too little was counted.
    unforeseen: usize,
    /// How far off the method was on average, in basis points, and how often it was tried.
    error: Option<i64>,
    tried: usize,
}

/// One agreement.
struct Row {
    id: Uuid,
    reference: String,
    partner: String,
    outlook: Outlook,
}

impl Row {
    fn range(&self) -> Option<(Pence, Pence)> {
        self.outlook.forecast.as_ref()?.range
    }

    fn tests(&self) -> &[BackTest] {
        self.outlook.forecast.as_ref().map(|forecast| forecast.back_test.as_slice()).unwrap_or_default()
    }
}

/// What both the page and the file say.
struct Read {
    me: Staff,
    today: Date,
    sides: Vec<Side>,
}

async fn read(visit: &Visit) -> Result<Read> {
    let today = billing_date(visit.now);
    let (me, (agreements, outlooks)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let agreements = agreements::list(tx)?;
            let outlooks = billing::forecasts(tx, &agreements, today)?;
            Ok((agreements, outlooks))
        })
        .await?;
    let (directory, here) = (visit.site.directory.get(), visit.here.id);
    let sides = [true, false].map(|is_income| side(&agreements, &outlooks, &directory, here, is_income));
    Ok(Read { me, today, sides: sides.into_iter().flatten().collect() })
}

/// Our side's figures, if we stand on that side of any agreement that binds in the year.
fn side(
    agreements: &[Agreement],
    outlooks: &[(usize, Outlook)],
    directory: &Directory,
    here: AuthorityId,
    is_income: bool,
) -> Option<Side> {
    let row = |(at, outlook): &(usize, Outlook)| {
        let agreement = agreements.get(*at).filter(|a| (a.provider == here) == is_income)?;
        Some(Row {
            id: agreement.id,
            reference: agreement.reference.clone(),
            partner: directory.name(agreement.partner_of(here)).to_owned(),
            outlook: outlook.clone(),
        })
    };
    let rows: Vec<Row> = outlooks.iter().filter_map(row).collect();
    let this = rows.first()?.outlook.month;
    let of = |figure: fn(&Outlook) -> Pence| rows.iter().map(|row| figure(&row.outlook)).sum();
    let tests = || rows.iter().flat_map(Row::tests);
    let bars: Vec<_> = year(&rows).into_iter().map(|(month, amount)| (month, amount, month >= this)).collect();
    let ranges: Option<Vec<(Pence, Pence)>> = rows.iter().map(Row::range).collect();
    Some(Side {
        is_income,
        so_far: of(|outlook| outlook.so_far),
        month_end: of(Outlook::month_end),
        range: ranges.map(|all| all.into_iter().fold((Pence(0), Pence(0)), |sum, one| (sum.0 + one.0, sum.1 + one.1))),
        year_so_far: of(Outlook::year_so_far),
        year_end: of(Outlook::year_end),
        chart: draw(&bars),
        unforeseen: rows.iter().filter(|row| row.outlook.forecast.is_none()).count(),
        error: billing::mean_error_bp(tests()),
        tried: tests().count(),
        rows,
    })
}

/// What the year's months come to together. Where nothing is known of a month to come, it is nothing.
fn year(rows: &[Row]) -> Vec<(Month, Pence)> {
    let mut months: Vec<(Month, Pence)> = Vec::new();
    let of = |outlook: &Outlook| -> Vec<(Month, Pence)> {
        let coming = outlook.forecast.iter().flat_map(|forecast| &forecast.coming);
        outlook.over.iter().chain(&[(outlook.month, outlook.month_end())]).chain(coming).copied().collect()
    };
    for (month, amount) in rows.iter().flat_map(|row| of(&row.outlook)) {
        match months.iter_mut().find(|(of, _)| *of == month) {
            Some((_, sum)) => *sum += amount,
            None => months.push((month, amount)),
        }
    }
    months.sort_by_key(|(month, _)| *month);
    months
}

/// `3.2%`, `−0.1%`, of basis points.
fn percent(points: i64) -> String {
    let tenths = round_half_away(points.into(), 10);
    let sign = if tenths < 0 { "−" } else { "" };
    format!("{sign}{}.{}%", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

/// The same with a plus where it is above nothing; a dash for what cannot be said.
fn signed(points: Option<i64>) -> String {
    points.map_or_else(
        || "–".to_owned(),
        |points| format!("{}{}", if round_half_away(points.into(), 10) > 0 { "+" } else { "" }, percent(points)),
    )
}

/// `GET /commercial/forecast`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let Read { me, today, sides } = read(&visit).await?;
    visit.ok(&ForecastPage {
        p: visit.staff_frame(Area::Commercial, &me),
        month: Month::of(today),
        year: financial_year(today),
        counted_to: today.yesterday().unwrap_or(today),
        sides,
    })
}

/// `GET /commercial/forecast.csv`: the same figures, one to a row.
pub(super) async fn csv(visit: Visit) -> Result<HttpResponse> {
    let Read { today, sides, .. } = read(&visit).await?;
    let this = Month::of(today);
    let year = format!("{}/{:02}", financial_year(today), (financial_year(today) + 1) % 100);
    let mut csv =
        Csv::new(&["Side", "Council", "Agreement", "Period", "Figure", "Amount", "Low", "High", "Error in per cent"]);
    for (side, row) in sides.iter().flat_map(|side| side.rows.iter().map(move |row| (side, row))) {
        let mut line = |period: String, figure: &str, amount: Pence, (low, high, error): (String, String, String)| {
            csv.row([
                Cell::Text(if side.is_income { "Earned" } else { "Owed" }.to_owned()),
                Cell::Text(row.partner.clone()),
                Cell::Text(row.reference.clone()),
                Cell::Figure(period),
                Cell::Text(figure.to_owned()),
                Cell::Figure(amount.plain()),
                Cell::Figure(low),
                Cell::Figure(high),
                Cell::Figure(error),
            ]);
        };
        let none = || (String::new(), String::new(), String::new());
        let outlook = &row.outlook;
        for (month, amount) in &outlook.over {
            line(month.code(), "Came to", *amount, none());
        }
        line(this.code(), "So far", outlook.so_far, none());
        if let Some(forecast) = &outlook.forecast {
            let range = forecast.range.map(|(low, high)| (low.plain(), high.plain(), String::new()));
            line(this.code(), "Forecast", forecast.month_end, range.unwrap_or_else(none));
            for (month, amount) in &forecast.coming {
                line(month.code(), "Forecast", *amount, none());
            }
        }
        line(year.clone(), "So far", outlook.year_so_far(), none());
        if let Some(forecast) = &outlook.forecast {
            line(year.clone(), "Forecast", forecast.year_end, none());
        }
        for test in row.tests() {
            let error = test.error_bp().map_or_else(String::new, |points| decimal(points, 2));
            line(test.month.code(), "Tried: forecast", test.forecast, (String::new(), String::new(), error));
            line(test.month.code(), "Tried: came to", test.came_to, none());
        }
    }
    Ok(csv.download(&format!("forecast-{today}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_said_in_tenths_of_a_per_cent() {
        let said = [325, -8, 4, -100, 0].map(|points| (percent(points), signed(Some(points))));
        let plain: Vec<&str> = said.iter().map(|(plain, _)| plain.as_str()).collect();
        let with_sign: Vec<&str> = said.iter().map(|(_, signed)| signed.as_str()).collect();
        assert_eq!(plain, ["3.3%", "−0.1%", "0.0%", "−1.0%", "0.0%"]);
        assert_eq!(with_sign, ["+3.3%", "−0.1%", "0.0%", "−1.0%", "0.0%"]);
        assert_eq!(signed(None), "–");
    }

    #[test]
    fn the_months_of_a_year_are_summed_over_agreements() {
        let month = |code: &str| Month::parse(code).unwrap();
        let row = |over: &[(&str, i64)], so_far| Row {
            id: Uuid::nil(),
            reference: String::new(),
            partner: String::new(),
            outlook: Outlook {
                over: over.iter().map(|(code, amount)| (month(code), Pence(*amount))).collect(),
                month: month("2026-06"),
                so_far: Pence(so_far),
                services: std::collections::BTreeMap::new(),
                forecast: None,
            },
        };
        let rows = [row(&[("2026-04", 100), ("2026-05", 0)], 7), row(&[("2026-04", 20), ("2026-05", 30)], 5)];
        let sums: Vec<_> = year(&rows).into_iter().map(|(month, amount)| (month.code(), amount.0)).collect();
        assert_eq!(sums, [("2026-04".to_owned(), 120), ("2026-05".to_owned(), 30), ("2026-06".to_owned(), 12)]);
    }
}
