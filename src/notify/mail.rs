//! How a message becomes a mail, and how the mail reaches the mail server.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::PoolConfig;
use lettre::{Address, SmtpTransport, Transport};
use uuid::Uuid;

use super::Outgoing;
use crate::platform::config::MailConfig;

/// The mail server gets this long for each answer: well below an outbox item's lease.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way to the mail server: one connection, kept while it is of use.
pub struct Mailer {
    transport: SmtpTransport,
    from: Address,
}

/// What a mail has at its head besides its own words.
pub(super) struct Letterhead<'a> {
    /// The message's id, from which the Message-ID is made.
    pub id: Uuid,
    /// Its date.
    pub asked_at: Timestamp,
    /// The council's name.
    pub name: &'a str,
    /// Where answers go.
    pub reply_to: &'a str,
}

/// Why a mail was not taken, in words that hold no personal data.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Worth another attempt.
    Now(String),
    /// No attempt will do better.
    Forever(String),
}

impl Mailer {
    /// Prepares the way; connects when first used.
    ///
    /// # Errors
    /// If `SMTP_URL` or `MAIL_FROM` cannot be read.
    pub fn new(config: &MailConfig) -> anyhow::Result<Mailer> {
        let transport = SmtpTransport::from_url(&config.smtp_url)
            .context("SMTP_URL cannot be read; for example smtps://user:password@mail.example.gov.uk")?
            .timeout(Some(PATIENCE))
            .pool_config(PoolConfig::new().max_size(1))
            .build();
        let from = config.from.parse().context("MAIL_FROM is not an e-mail address")?;
        Ok(Mailer { transport, from })
    }

    /// Sends one message. Every attempt makes the same bytes.
    pub(super) fn send(&self, head: &Letterhead<'_>, outgoing: &Outgoing) -> Result<(), Refusal> {
        let mail = self.compose(head, outgoing)?;
        self.transport.send(&mail).map(drop).map_err(|error| refusal(&error))
    }

    fn compose(&self, head: &Letterhead<'_>, outgoing: &Outgoing) -> Result<Message, Refusal> {
        let to: Address =
            outgoing.to.trim().parse().map_err(|_| Refusal::Forever("not an e-mail address".to_owned()))?;
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(one_line(head.name)), self.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(one_line(&outgoing.subject))
            .date(SystemTime::from(head.asked_at))
            .message_id(Some(format!("<{}@{}>", head.id, self.from.domain())))
            // RFC 3834: tells out-of-office responders to keep quiet.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", outgoing.language.code()))
            .header(ContentType::TEXT_PLAIN);
        if let Ok(contact) = head.reply_to.parse() {
            builder = builder.reply_to(Mailbox::new(Some(one_line(head.name)), contact));
        }
        builder.body(outgoing.body.clone()).map_err(|_| Refusal::Forever("the mail could not be made".to_owned()))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Whoever fills in a form must not be able to write headers of our mail.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The server's own words may repeat the address, so only its code is kept.
fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    match error.status().map(u16::from) {
        // What RFC 5321 §4.2.2 says of the mailbox. Other permanent codes are about us (a password, a policy), which
        // somebody can put right: they are tried again and then set aside for the operator.
        Some(code @ (550..=553 | 556)) => Refusal::Forever(format!("the mail server answered {code}")),
        Some(code) => Refusal::Now(format!("the mail server answered {code}")),
        None if error.is_timeout() => Refusal::Now("the mail server did not answer in time".to_owned()),
        None if error.is_tls() => Refusal::Now("no secure connection to the mail server".to_owned()),
        None => Refusal::Now("no connection to the mail server".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::super::catcher::{self, Catcher};
    use super::*;
    use crate::kernel::Language;
    use crate::platform::Clock;

    fn mailer(url: &str) -> Mailer {
        Mailer::new(&MailConfig { smtp_url: url.to_owned(), from: "no-reply@moothall.example".to_owned() }).unwrap()
    }

    fn outgoing(to: &str, subject: &str, body: &str) -> Outgoing {
        let text = |t: &str| t.to_owned();
        Outgoing { case_id: None, to: text(to), subject: text(subject), body: text(body), language: Language::Cy }
    }

    fn head() -> Letterhead<'static> {
        Letterhead {
            id: Uuid::from_u128(7),
            asked_at: "2026-11-20T18:40:00Z".parse().unwrap(),
            name: "Marlhaven City Council",
            reply_to: "hello@marlhaven.example",
        }
    }

    #[test]
    fn a_mail_arrives_as_it_was_written_and_every_attempt_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
        let mailer = mailer(&catcher.url());
        let long = "£ ".repeat(600);
        let body = format!("Tŷ Mawr: mae eich adroddiad gyda ni.\n.\n..two dots\n\nA very long line: {long}");
        let asked = outgoing("alex@example.org", "Eich cyfeirnod: MAR-7K3Q-9F2T", &body);
        mailer.send(&head(), &asked).unwrap();
        mailer.send(&head(), &asked).unwrap();
        let caught = catcher::newest(dir.path(), 10).unwrap();
        assert_eq!(caught.len(), 2);
        assert_eq!(caught[0].raw, caught[1].raw);
        let mail = catcher::read(dir.path(), caught[0].id).unwrap().unwrap();
        assert_eq!(mail.text.replace("\r\n", "\n").trim_end(), body.trim_end());
        assert_eq!(mail.from, "Marlhaven City Council");
        assert_eq!(mail.at, head().asked_at);
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("alex@example.org", "Eich cyfeirnod: MAR-7K3Q-9F2T"));
        assert_eq!(mail.message_id, "<00000000-0000-0000-0000-000000000007@moothall.example>");
        let raw = String::from_utf8(mail.raw).unwrap();
        for line in [
            "From: \"Marlhaven City Council\" <no-reply@moothall.example>",
            "Auto-Submitted: auto-generated",
            "Reply-To: \"Marlhaven City Council\" <hello@marlhaven.example>",
            "Date: Fri, 20 Nov 2026 18:40:00 +0000",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Language: cy",
        ] {
            assert!(raw.contains(line), "{line} in {raw}");
        }
    }

    #[test]
    fn nobody_writes_headers_through_a_subject() {
        let mail = mailer("smtp://127.0.0.1:9");
        let asked = outgoing("alex@example.org", "Pothole\r\nBcc: all@example.org\n\nBuy", "Text");
        let made = String::from_utf8(mail.compose(&head(), &asked).unwrap().formatted()).unwrap();
        assert!(made.contains("Subject: Pothole Bcc: all@example.org Buy\r\n"), "{made}");
        assert!(matches!(
            mail.compose(&head(), &outgoing("a@b.example\r\nBcc: c@d.example", "x", "y")),
            Err(Refusal::Forever(_))
        ));
    }

    #[test]
    fn only_what_cannot_succeed_is_given_up() {
        let asked = outgoing("alex@example.org", "Pothole", "Text");
        for (reply, forever) in [
            ("450 alex@example.org is busy", false),
            ("550 no alex@example.org here", true),
            ("535 who are you", false),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("smtp://{}", listener.local_addr().unwrap());
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                stream.write_all(b"220 hello\r\n").unwrap();
                while let Some(Ok(line)) = lines.next() {
                    let answer = if line.starts_with("RCPT") { reply } else { "250 ok" };
                    if stream.write_all(format!("{answer}\r\n").as_bytes()).is_err() {
                        return;
                    }
                }
            });
            let why = match mailer(&url).send(&head(), &asked).unwrap_err() {
                Refusal::Forever(why) => (why, true),
                Refusal::Now(why) => (why, false),
            };
            assert_eq!(why, (format!("the mail server answered {}", &reply[..3]), forever));
            server.join().unwrap();
        }
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let Err(Refusal::Now(why)) = mailer(&format!("smtp://{closed}")).send(&head(), &asked) else {
            panic!("nobody was there")
        };
        assert_eq!(why, "no connection to the mail server");
    }
}
