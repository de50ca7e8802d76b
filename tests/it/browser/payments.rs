//! Both commercial teams read a bill, pay it and look at what they owe each other; one of them changes where it is paid.

use moothall::app;
use moothall::identity::Role;
use thirtyfour::By;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::bills::{PASSWORD, commercial};
use crate::disputes::billed;

fn a_payment(window: Window) {
    let (app, id) = billed();
    let theirs = commercial(&app, "marlhaven", "Preparer", &[Role::Preparer]);
    let ours = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    let other = commercial(&app, "wealdshire", "Preparer", &[Role::Preparer]);
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&theirs).await?;
        b.open_page("/commercial/payments").await?;
        b.look("payments-owed").await?;
        b.follow("Enter a payment").await?;
        b.look("payment-new").await?;
        b.press("Enter the payment").await?;
        b.says("There is a problem").await?;
        b.look("payment-wrong").await?;
        b.fill_in(&[("amount", "300.00"), ("paid_on", "02/11/2026"), ("reference", "MCC BACS 004417")]).await?;
        b.press("Enter the payment").await?;
        b.says("Advised").await?;
        b.look("payment-advised").await?;
        b.open_page("/commercial/payments/file").await?;
        b.look("payment-file").await?;
        b.fill_in(&[("rows", "Document,Amount,Paid on,Reference\nWEA-INV-2026-0001,1.5.0,yesterday,")]).await?;
        b.press("Look at").await?;
        b.says("Nothing was entered").await?;
        b.look("payment-file-wrong").await?;
        b.fill_in(&[("rows", "Document,Amount,Paid on,Reference\nWEA-INV-2026-0001,64.66,2026-11-02,MCC BACS 004418")])
            .await?;
        b.press("Look at").await?;
        b.says("1 payment of").await?;
        b.look("payment-file-seen").await?;
        Ok(b)
    });
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&ours).await?;
        b.open_page("/commercial").await?;
        b.follow("Marlhaven says it paid").await?;
        b.press("It came").await?;
        b.says("Received").await?;
        b.look("payment-received").await?;
        b.open_page(&format!("/commercial/documents/{id}")).await?;
        b.says("Part paid").await?;
        b.look("part-paid").await?;
        b.open_page("/commercial/bills").await?;
        b.look("bills-part-paid").await?;
        b.open_page("/commercial/statements/marlhaven").await?;
        b.look("statement").await?;
        b.open_page("/commercial/payments").await?;
        b.look("payments-owing").await?;
        b.open_page("/commercial/forecast").await?;
        b.look("forecast").await?;
        b.open_page("/commercial/book?month=2026-11").await?;
        b.look("book").await?;
        b.press("softly").await?;
        b.says("Closed softly").await?;
        b.look("book-closed").await?;
        b.driver.find(By::Css("#reopen summary")).await?.click().await?;
        b.look("book-reopen").await?;
        b.press("Open it again").await?;
        b.says("Say why it is opened again").await?;
        b.look("book-reopen-wrong").await?;
        b.fill_in(&[("reason", "Billed at last year’s rate"), ("password", PASSWORD)]).await?;
        b.press("Open it again").await?;
        b.says("is open again").await?;
        b.look("book-open-again").await?;
        b.open_page("/commercial/usage").await?;
        b.look("usage").await?;
        b.fill_in(&[("rows", "Id,Consumer,Provider,Meter\nT-1,marlhaven,wealdshire,coffee")]).await?;
        b.press("Look at the rows").await?;
        b.says("Nothing was taken in").await?;
        b.look("usage-wrong").await?;
        let right = "Id,Consumer,Provider,Service,Meter,Quantity,Occurred at\n\
                     T-1,marlhaven,wealdshire,pothole,message.sent,12,2026-11-01T09:00:00Z";
        b.fill_in(&[("rows", right)]).await?;
        b.press("Look at the rows").await?;
        b.says("1 would wait").await?;
        b.press("Take it in").await?;
        b.says("Message sent").await?;
        b.look("usage-waiting").await?;
        b.fill_in(&[("name", "Contact centre"), ("password", PASSWORD)]).await?;
        b.press("Make the key").await?;
        b.says("never shown again").await?;
        b.look("usage-key").await?;
        Ok(b)
    });
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&other).await?;
        b.open_page("/commercial/bank").await?;
        b.look("bank").await?;
        b.fill_in(&[
            ("account_name", "Wealdshire CC Collection"),
            ("sort_code", "20-00-0"),
            ("account_number", "43917726"),
            ("password", PASSWORD),
        ])
        .await?;
        b.press("Enter this account").await?;
        b.says("Enter the sort code").await?;
        b.look("bank-wrong").await?;
        b.fill_in(&[("sort_code", "20-00-00"), ("password", PASSWORD)]).await?;
        b.press("Enter this account").await?;
        b.says("You entered it").await?;
        Ok(b)
    });
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&ours).await?;
        b.open_page("/commercial/bank").await?;
        b.look("bank-waiting").await?;
        b.fill_in(&[("password", PASSWORD)]).await?;
        b.press("Confirm this account").await?;
        b.says("Every bill that is issued is printed with this account").await?;
        b.look("bank-confirmed").await?;
        Ok(b)
    });
    app::settle(&app.site).unwrap();
    app.leave_jobs();
}

#[test]
fn a_payment_on_a_desk() {
    a_payment(WIDE);
}

#[test]
fn a_payment_on_a_phone() {
    a_payment(NARROW);
}

#[test]
fn a_payment_without_scripts() {
    a_payment(OLD_PHONE);
}
