//! A Chromium of our own: one driver process for the run, a session with an empty profile for each browser.

use std::cell::Cell;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{fs, thread};

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::harness::{App, Visitor};

/// How wide a window is, and whether pages may run scripts.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub width: u32,
    pub scripts: bool,
}

pub const WIDE: Window = Window { width: 1280, scripts: true };
pub const NARROW: Window = Window { width: 390, scripts: true };
pub const OLD_PHONE: Window = Window { width: 390, scripts: false };

/// The words of a page that cannot be read: what has words of its own and lies outside the window or hides what overflows
/// it. What is there for screen readers alone is one pixel wide; what scrolls by itself may be wider.
const CUT: &str = r"return [...document.body.querySelectorAll('*')].filter(e => {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
    if (!own || !e.checkVisibility() || e.closest('.govuk-visually-hidden, .govuk-skip-link, .mh-hp, .mh-scroll, script, option, svg')) return false
    const box = e.getBoundingClientRect(), style = getComputedStyle(e)
    if (box.width <= 1) return false
    const hidden = /hidden|clip/.test(style.overflowX + style.overflowY)
    return box.left < -1 || box.right > innerWidth + 1
        || hidden && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
}).map(e => e.outerHTML.slice(0, 200))";

/// A browser at one council's pages.
pub struct Browser {
    pub driver: WebDriver,
    window: Window,
    /// How wide pages are laid out just now.
    width: Cell<u32>,
    origin: String,
    /// Held: it goes with the browser.
    _profile: tempdir::Dir,
}

/// Runs a test in a browser of its own, and closes it whatever happens.
pub fn browse<F>(app: &App, council: &str, window: Window, story: impl FnOnce(Browser) -> F)
where
    F: Future<Output = WebDriverResult<Browser>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::open(app, council, window).await.unwrap();
        let driver = browser.driver.clone();
        let ended = AssertUnwindSafe(story(browser)).catch_unwind().await;
        let quit = driver.quit().await;
        ended.unwrap_or_else(|panic| resume_unwind(panic)).unwrap();
        quit.unwrap();
    });
}

/// Does what waits without being a future, as visitors do who have no browser.
pub fn aside<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

impl Browser {
    async fn open(app: &App, council: &str, window: Window) -> WebDriverResult<Browser> {
        let profile = tempdir::Dir::new();
        let mut caps = DesiredCapabilities::chrome();
        caps.set_binary("/usr/bin/chromium")?;
        let size = format!("--window-size={},900", window.width.max(500));
        let data = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            &size,
            &data,
        ] {
            caps.add_arg(argument)?;
        }
        if window.width < 500 {
            let phone =
                json!({"deviceMetrics": {"width": window.width, "height": 844, "pixelRatio": 1.0, "touch": true}});
            caps.add_experimental_option("mobileEmulation", phone)?;
        }
        let driver = WebDriver::new(chromedriver(), caps).await?;
        if !window.scripts {
            // All our scripts are files, and the content security policy allows no others: pages whose scripts never arrive
            // are pages without scripts. (Switched off in the browser, the driver's own would stop too.)
            driver.cdp().send_raw("Network.enable", json!({})).await?;
            driver.cdp().send_raw("Network.setBlockedURLs", json!({"urls": ["*.js", "*.mjs"]})).await?;
        }
        let host = &app.authority(council).hosts[0];
        let origin = format!("http://{host}:{}", app.address().port());
        Ok(Browser { driver, window, width: Cell::new(window.width), origin, _profile: profile })
    }

    /// Opens a page of the council's.
    pub async fn open_page(&self, path: &str) -> WebDriverResult<()> {
        self.driver.goto(format!("{}{path}", self.origin)).await
    }

    /// Goes on as somebody else, with the cookies that they have.
    pub async fn come_as(&self, visitor: &Visitor) -> WebDriverResult<()> {
        let tools = self.driver.cdp();
        tools.send_raw("Network.clearBrowserCookies", json!({})).await?;
        for (name, value) in &visitor.cookies {
            // The driver adds no cookie whose name demands a secure origin: the tools do, on localhost.
            let cookie = json!({"name": name, "value": value, "url": self.origin, "secure": true, "path": "/"});
            tools.send_raw("Network.setCookie", cookie).await?;
        }
        Ok(())
    }

    /// Lays pages out as in a window of another width; 320 is also what 1280 is at 400 % zoom.
    pub async fn resize(&self, width: u32) -> WebDriverResult<()> {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        self.width.set(width);
        Ok(())
    }

    /// Makes pages believe that the reader prefers something: `forced-colors`, `prefers-reduced-motion`.
    pub async fn prefer(&self, feature: &str, value: &str) -> WebDriverResult<()> {
        let features = json!({"features": [{"name": feature, "value": value}]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Fills in whatever of these fields the page asks for.
    pub async fn fill_in(&self, answers: &[(&str, &str)]) -> WebDriverResult<()> {
        for (name, value) in answers {
            for field in self.driver.find_all(By::Css(format!("main [name='{name}']"))).await? {
                match field.attr("type").await?.as_deref() {
                    Some("hidden") => {}
                    Some("file") => field.send_keys(*value).await?,
                    Some("radio" | "checkbox") => {
                        if field.value().await?.as_deref() == Some(value) && !field.is_selected().await? {
                            field.click().await?;
                        }
                    }
                    _ => {
                        field.clear().await?;
                        field.send_keys(*value).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The same; where the page asks for a choice that none of these makes, its first.
    pub async fn fill_first(&self, answers: &[(&str, &str)]) -> WebDriverResult<()> {
        self.fill_in(answers).await?;
        for group in self.driver.find_all(By::Css("main .govuk-radios")).await? {
            if group.find_all(By::Css("input:checked")).await?.is_empty() {
                group.find(By::Css("input")).await?.click().await?;
            }
        }
        Ok(())
    }

    /// Presses the button with these words in the line that says something.
    pub async fn press_in(&self, line: &str, words: &str) -> WebDriverResult<()> {
        let before = self.driver.find(By::Tag("html")).await?;
        let button = format!("//main//li[contains(., \"{line}\")]//button[contains(., \"{words}\")]");
        self.driver.find(By::XPath(button)).await?.click().await?;
        before.wait_until().wait(Duration::from_secs(20), Duration::from_millis(20)).stale().await
    }

    /// Types into the search box, which is another one once its suggestions are there. Gives it back.
    pub async fn type_in_search(&self, words: &str) -> WebDriverResult<WebElement> {
        let mut search = self.driver.find(By::Id("q")).await?;
        if self.window.scripts {
            search.click().await?;
            search = self.driver.query(By::Css("#q.autocomplete__input")).first().await?;
        }
        search.send_keys(words).await?;
        Ok(search)
    }

    /// Presses the button with these words, and waits for the page that follows.
    pub async fn press(&self, words: &str) -> WebDriverResult<()> {
        let before = self.driver.find(By::Tag("html")).await?;
        let button = format!("//main//button[not(@hidden)][contains(normalize-space(.), \"{words}\")]");
        self.driver.find(By::XPath(button)).await?.click().await?;
        before.wait_until().wait(Duration::from_secs(20), Duration::from_millis(20)).stale().await
    }

    /// Follows the first link with these words.
    pub async fn follow(&self, words: &str) -> WebDriverResult<()> {
        let before = self.driver.find(By::Tag("html")).await?;
        let link = format!("//a[contains(normalize-space(.), \"{words}\")]");
        self.driver.find(By::XPath(link)).await?.click().await?;
        before.wait_until().wait(Duration::from_secs(20), Duration::from_millis(20)).stale().await
    }

    /// What the page says.
    pub async fn text(&self) -> WebDriverResult<String> {
        self.driver.find(By::Tag("main")).await?.text().await
    }

    /// Insists that the page says something.
    pub async fn says(&self, words: &str) -> WebDriverResult<()> {
        let text = self.text().await?;
        assert!(text.contains(words), "{} does not say {words:?}: {text}", self.driver.current_url().await?);
        Ok(())
    }

    /// Looks at a page as everybody should: a picture, nothing wider than the window, a title, and axe's opinion.
    pub async fn look(&self, name: &str) -> WebDriverResult<()> {
        self.picture(name).await?;
        let title = self.driver.title().await?;
        assert!(title.contains(" – "), "{name}: the title is {title:?}");
        if !self.window.scripts {
            let ran = self.driver.execute("return document.body.classList.contains('js-enabled')", vec![]).await?;
            assert_eq!(ran.json(), &json!(false), "{name} ran a script");
        }
        self.fits(name).await?;
        let found = self.axe().await?;
        assert!(found.is_empty(), "{name} at {}: {found:#?}", self.width.get());
        Ok(())
    }

    /// Insists that nobody has to scroll sideways.
    pub async fn fits(&self, name: &str) -> WebDriverResult<()> {
        let wide = self.driver.execute("return document.documentElement.scrollWidth", vec![]).await?;
        let (wide, width) = (wide.json().as_u64().unwrap(), self.width.get());
        assert!(wide <= u64::from(width), "{name} is {wide} wide in a window of {width}");
        Ok(())
    }

    /// Insists on the same, and that no words are cut off or lie outside the window.
    pub async fn shows_all(&self, name: &str) -> WebDriverResult<()> {
        self.fits(name).await?;
        let cut = self.driver.execute(CUT, vec![]).await?;
        assert_eq!(cut.json(), &json!([]), "{name} at {}", self.width.get());
        Ok(())
    }

    /// What axe says against the page.
    pub async fn axe(&self) -> WebDriverResult<Vec<String>> {
        static AXE: OnceLock<String> = OnceLock::new();
        let script = AXE.get_or_init(|| {
            fs::read_to_string("node_modules/axe-core/axe.min.js")
                .expect("axe-core is installed: run npm ci --ignore-scripts")
        });
        self.driver.execute(script, vec![]).await?;
        let run = "const done = arguments[arguments.length - 1]; \
                   axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}) \
                     .then(r => done(r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${v.help}: ${n.html}`))), \
                           e => done([String(e)]))";
        let found = self.driver.execute_async(run, vec![]).await?;
        Ok(found.json().as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Puts a picture of the page into `target/screenshots`.
    pub async fn picture(&self, name: &str) -> WebDriverResult<()> {
        let tools = self.driver.cdp();
        let metrics = tools.send_raw("Page.getLayoutMetrics", json!({})).await?;
        let size = &metrics["cssContentSize"];
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let taken =
            tools.send_raw("Page.captureScreenshot", json!({"captureBeyondViewport": true, "clip": clip})).await?;
        let png = base64_decode(taken["data"].as_str().unwrap_or_default());
        let scripts = if self.window.scripts { "" } else { "-plain" };
        fs::create_dir_all("target/screenshots").unwrap();
        fs::write(format!("target/screenshots/{name}-{}{scripts}.png", self.width.get()), png).unwrap();
        Ok(())
    }
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// The driver's address; it is started once, by a thread that outlives it, and ends with the run.
fn chromedriver() -> &'static str {
    static DRIVER: OnceLock<(String, Kept)> = OnceLock::new();
    &DRIVER
        .get_or_init(|| {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            // The kernel ends it when the thread that started it ends, so that thread waits for ever.
            let (sender, receiver) = std::sync::mpsc::channel();
            thread::spawn(move || {
                let child = Command::new("setpriv")
                    .args(["--pdeathsig=KILL", "--", "chromedriver", &format!("--port={port}"), "--silent"])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("chromedriver is installed: run tests/install.sh browser");
                sender.send(child).unwrap();
                loop {
                    thread::park();
                }
            });
            let kept = Kept(receiver.recv().unwrap());
            let begun = Instant::now();
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(begun.elapsed() < Duration::from_secs(20), "chromedriver does not answer");
                thread::sleep(Duration::from_millis(20));
            }
            (format!("http://127.0.0.1:{port}"), kept)
        })
        .0
}

struct Kept(#[allow(dead_code, reason = "held so that it is not reaped early")] Child);

mod tempdir {
    //! A folder that goes with its value.

    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    pub struct Dir(PathBuf);

    impl Dir {
        pub fn new() -> Dir {
            static NEXT: AtomicU32 = AtomicU32::new(1);
            let name = format!("moothall-browser-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Dir(path)
        }

        pub fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
