//! What came back, as a person or a test reads it.

use reqwest::header::HeaderMap;

/// A response.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it was asked for.
    pub path: String,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, which is text in everything we serve but fonts.
    pub body: String,
    /// The same as it came.
    pub bytes: Vec<u8>,
}

/// A form as it stands on a page.
#[derive(Debug, Clone)]
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    /// Where it goes.
    pub action: String,
    /// What it sends whether the person types anything or not.
    pub hidden: Vec<(String, String)>,
}

impl Page {
    /// Insists on a status.
    #[track_caller]
    pub fn is(self, status: u16) -> Page {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        self
    }

    /// Insists on a text in the body, markup included.
    #[track_caller]
    pub fn has(self, text: &str) -> Page {
        assert!(self.body.contains(text), "{} does not say {text:?}: {}", self.path, self.text());
        self
    }

    /// Insists that a text is nowhere in the body or the headers.
    #[track_caller]
    pub fn lacks(self, text: &str) -> Page {
        let headers = format!("{:?}", self.headers);
        assert!(!self.body.contains(text) && !headers.contains(text), "{} says {text:?}: {}", self.path, self.text());
        self
    }

    /// A header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Where it sends the browser on to.
    #[track_caller]
    pub fn location(&self) -> String {
        let to = self.header("location");
        assert!(!to.is_empty(), "{} ({}) leads nowhere: {}", self.path, self.status, self.text());
        to.to_owned()
    }

    /// The forms on it.
    pub fn forms(&self) -> Vec<Form> {
        let mut forms = Vec::new();
        for part in self.body.split("<form").skip(1) {
            let (tag, inside) = part.split_once('>').unwrap_or((part, ""));
            let inside = inside.split("</form>").next().unwrap_or(inside);
            let hidden = inside
                .split("<input")
                .skip(1)
                .map(|input| input.split_once('>').map_or(input, |(tag, _)| tag))
                .filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"))
                .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
                .collect();
            forms.push(Form {
                method: attribute(tag, "method").unwrap_or_else(|| "get".to_owned()).to_ascii_lowercase(),
                action: attribute(tag, "action").filter(|a| !a.is_empty()).unwrap_or_else(|| self.path.clone()),
                hidden,
            });
        }
        forms
    }

    /// The token that its forms send, if it has one.
    pub fn token(&self) -> Option<String> {
        self.forms().into_iter().flat_map(|f| f.hidden).find(|(name, _)| name == "_token").map(|(_, value)| value)
    }

    /// The address of the first link whose address begins so.
    #[track_caller]
    pub fn link(&self, prefix: &str) -> String {
        let hrefs = self.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let found = hrefs.map(unescape).find(|href| href.starts_with(prefix));
        found.unwrap_or_else(|| panic!("{} has no link to {prefix}: {}", self.path, self.text()))
    }

    /// Its `<main>` as text, a line for each block: what snapshots hold.
    pub fn text(&self) -> String {
        let main = self.body.split_once("<main").map_or(self.body.as_str(), |(_, rest)| rest);
        let main = main.split("</main>").next().unwrap_or(main);
        let main =
            if main.len() == self.body.len() { main } else { main.split_once('>').map_or(main, |(_, rest)| rest) };
        let mut text = String::new();
        let mut rest = main;
        while let Some((before, tagged)) = rest.split_once('<') {
            text.push_str(before);
            let (tag, after) = tagged.split_once('>').unwrap_or((tagged, ""));
            let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
            if !matches!(name, "a" | "span" | "strong" | "em" | "b" | "i" | "time" | "abbr" | "code") {
                text.push('\n');
            }
            rest = after;
        }
        text.push_str(rest);
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        unescape(&lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.match_indices(&format!("{name}=\"")).find(|(at, _)| tag[..*at].ends_with([' ', '\n']))?.0;
    tag[at + name.len() + 2..].split('"').next().map(unescape)
}

fn unescape(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
    ];
    let plain = pairs.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain));
    plain.replace("&nbsp;", " ").replace("&#38;", "&").replace("&amp;", "&")
}
