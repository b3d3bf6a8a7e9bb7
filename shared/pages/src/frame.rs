//! What is around every page of an account: its name, the places of the role, one banner, the
//! outcome of a form, and the foot.

use billing::authority::Role;
use billing::banner::Banner;
use billing::ids::AccountId;
use billing::pages::{authorise_page, is_about_billing};
use billing::state::State;
use billing::time::Timestamp;
use maud::{DOCTYPE, Markup, html};
use messages::page::Done;
use messages::{Language, Wording};

use crate::form::{self, Trouble};
use crate::style::SHEET;

/// Values of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Language of every sentence.
    pub say: Language,
    /// The account.
    pub account: AccountId,
    /// Name of the account.
    pub name: String,
    /// Mail address of the member who looks.
    pub member: String,
    /// Role of the member.
    pub role: Role,
    /// Parent that pays for the account, so that its pages show no billing.
    pub payer: Option<AccountId>,
    /// State of the account.
    pub state: State,
    /// The one thing to know first.
    pub banner: Option<Banner>,
    /// Outcome of the form that led here.
    pub done: Option<Done>,
    /// Reason why a form of this page did nothing.
    pub trouble: Option<Trouble>,
    /// Address of the vendor's app.
    pub back: Option<String>,
    /// One-time key of the page's forms.
    pub key: String,
    /// Time of the page.
    pub now: Timestamp,
}

/// A place in the account's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Overview.
    Overview,
    /// Plan and seats.
    Plan,
    /// Invoices, upcoming and issued.
    Invoices,
    /// Payment method, what is to be paid, transfers, what is prepaid.
    Payments,
    /// Metered usage.
    Usage,
    /// Prepaid credits.
    Credits,
    /// The alert on the upcoming invoice.
    Alerts,
    /// Details, members, keys.
    Settings,
    /// Timeline, and the reasons of a value.
    Timeline,
}

impl Section {
    const ALL: [Self; 9] = [
        Self::Overview,
        Self::Plan,
        Self::Invoices,
        Self::Payments,
        Self::Usage,
        Self::Credits,
        Self::Alerts,
        Self::Settings,
        Self::Timeline,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Plan => "Plan",
            Self::Invoices => "Invoices",
            Self::Payments => "Payments",
            Self::Usage => "Usage",
            Self::Credits => "Credits",
            Self::Alerts => "Alerts",
            Self::Settings => "Settings",
            Self::Timeline => "Timeline",
        }
    }

    /// Path below the account's, as the table of pages has it.
    fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Plan => "/plan",
            Self::Invoices => "/invoices",
            Self::Payments => "/payments",
            Self::Usage => "/usage",
            Self::Credits => "/credits",
            Self::Alerts => "/alerts",
            Self::Settings => "/settings",
            Self::Timeline => "/timeline",
        }
    }

    fn is_open_in(self, frame: &Frame) -> bool {
        let route = format!("GET /billing/{{id}}{}", self.path());
        let is_hidden = frame.payer.is_some() && is_about_billing(&route);
        authorise_page(&route, frame.role).is_ok() && !is_hidden
    }
}

impl Frame {
    /// Address of a page below the account's.
    pub fn path(&self, path: &str) -> String {
        if path.is_empty() {
            format!("/billing/{}", self.account)
        } else {
            format!("/billing/{}/{path}", self.account)
        }
    }

    /// True for a member who sees the account's money: nobody while its parent pays.
    pub fn sees_money(&self) -> bool {
        match self.role {
            Role::AccountAdministrator | Role::Finance => self.payer.is_none(),
            Role::Member => false,
        }
    }

    /// A whole page.
    pub fn page(&self, place: Section, title: &str, body: &Markup) -> String {
        let title = self.title(title);
        document(
            &title,
            &html! {
                a.skip href="#content" { "Skip to the content" }
                (self.top(place))
                main id="content" {
                    @if let Some(done) = self.done {
                        div.flash role="status" { (self.say.done(done)) }
                    }
                    @if let Some(trouble) = &self.trouble { (form::summary(trouble)) }
                    @if let Some(banner) = &self.banner { (self.banner(banner)) }
                    (body)
                }
                (self.foot())
            },
        )
    }

    /// Title of the window: what did not work comes first, for who hears it.
    fn title(&self, title: &str) -> String {
        let wrong = if self.trouble.is_some() { "Not done: " } else { "" };
        format!("{wrong}{title} · {}", self.name)
    }

    fn top(&self, here: Section) -> Markup {
        let open = Section::ALL.into_iter().filter(|place| place.is_open_in(self));
        html! {
            header.top { div {
                div.who {
                    strong { (self.name) }
                    @if let Some(back) = &self.back { a href=(back) { "Back to the app" } }
                    form method="post" action=(self.path("sign-out")) {
                        (form::key(&self.key))
                        span.soft { (self.member) }
                        button.quiet { "Sign out" }
                    }
                }
                nav.places aria-label="Billing" {
                    @for place in open {
                        a href=(self.path(place.path().trim_start_matches('/')))
                            aria-current=[(place == here).then_some("page")] { (place.name()) }
                    }
                }
            } }
        }
    }

    fn banner(&self, banner: &Banner) -> Markup {
        let Wording { detail, clears_by } = if self.sees_money() {
            self.say.banner(banner)
        } else {
            self.say.banner_without_money(banner)
        };
        let button = self.banner_button(banner).filter(|_| self.sees_money());
        html! {
            section class={ "banner " (tone(banner)) } aria-label="Important" {
                div { strong { (detail) } (clears_by) }
                @if let Some((name, href)) = button { a.button href=(href) { (name) } }
            }
        }
    }

    fn banner_button(&self, banner: &Banner) -> Option<(&'static str, String)> {
        match banner {
            Banner::Closed(_) | Banner::PaidBy(_) => None,
            Banner::Disabled { .. } | Banner::PastDue { .. } => {
                Some(("See what is owed", self.path("invoices?status=unpaid")))
            }
            Banner::Paused(_) | Banner::PaymentNeedsYou => {
                Some(("Go to the plan", self.path("plan")))
            }
            Banner::Restricted(_) => Some(("Compare plans", self.path("plan"))),
            Banner::RechargePaused(_, Some(url)) => Some(("Confirm the payment", url.clone())),
            Banner::RechargePaused(_, None) => Some(("Go to credits", self.path("credits"))),
            Banner::PlanEnds(_) => Some(("Keep the plan", self.path("plan"))),
        }
    }

    fn foot(&self) -> Markup {
        html! {
            footer.foot { div {
                span { "As of " time datetime=(self.now) { (self.say.instant(self.now)) } "." }
                span { "Months are UTC: December begins on 1 December, 01:00 in Berlin." }
                @if self.sees_money() { span {
                    "Amounts are before tax unless a line says otherwise." } }
            } }
        }
    }
}

/// Red only where the account gets no service.
fn tone(banner: &Banner) -> &'static str {
    match banner {
        Banner::Closed(_) | Banner::Disabled { .. } => "stop",
        Banner::PlanEnds(_) | Banner::PaidBy(_) => "calm",
        Banner::Paused(_)
        | Banner::PaymentNeedsYou
        | Banner::PastDue { .. }
        | Banner::Restricted(_)
        | Banner::RechargePaused(..) => "",
    }
}

/// An HTML document with the style sheet.
pub(crate) fn document(title: &str, body: &Markup) -> String {
    document_with(title, &html! {}, body)
}

/// An HTML document with more in its head.
pub(crate) fn document_with(title: &str, head: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(SHEET.path());
                (head)
            }
            body { (body) }
        }
    };
    page.into_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use billing::money::{Currency, Money};

    use super::*;

    /// A frame for a role.
    pub(crate) fn frame(role: Role) -> Frame {
        Frame {
            say: Language::English,
            account: AccountId::parse("acme").unwrap(),
            name: "Acme & Sons <Ltd>".to_owned(),
            member: "ada@acme.example".to_owned(),
            role,
            payer: None,
            state: State::Active,
            banner: None,
            done: None,
            trouble: None,
            back: Some("https://app.example/?a=1&b=2".to_owned()),
            key: "k.1".to_owned(),
            now: Timestamp(1_795_338_000),
        }
    }

    fn page(frame: &Frame) -> String {
        frame.page(Section::Usage, "Usage", &html! { h1 { "Usage" } })
    }

    /// Goal: each role is shown the places that it may open, and what others typed is escaped.
    #[test]
    fn the_frame_has_the_places_of_the_role() {
        let finance = page(&frame(Role::Finance));
        for place in Section::ALL {
            let href = format!("href=\"/billing/acme{}\"", place.path());
            assert!(finance.contains(&href), "{href}: {finance}");
        }
        for place in ["invoices", "alerts", "timeline"] {
            assert!(finance.contains(&format!("/billing/acme/{place}\"")), "{place}: {finance}");
        }
        assert!(
            finance.contains("href=\"/billing/acme/usage\" aria-current=\"page\""),
            "{finance}"
        );
        assert!(finance.contains("Acme &amp; Sons &lt;Ltd&gt;"), "{finance}");
        assert!(finance.contains("https://app.example/?a=1&amp;b=2"), "{finance}");

        let member = page(&frame(Role::Member));
        assert!(member.contains("/billing/acme/credits\""), "{member}");
        assert!(!member.contains("/billing/acme/plan") && !member.contains("timeline"), "{member}");
    }

    /// Goal: one banner says what is owed to who may see it, and nothing of it to who may not.
    #[test]
    fn a_banner_has_no_money_for_a_member() {
        let overdue = vec![Money::new(123_400, Currency::parse("usd").unwrap())];
        let banner = Some(Banner::PastDue { overdue, disables_on: None });
        let seen = |role| page(&Frame { banner: banner.clone(), ..frame(role) });
        assert!(seen(Role::Finance).contains("1,234.00 USD is overdue."));
        let member = seen(Role::Member);
        assert!(member.contains("This account is past due."), "{member}");
        assert!(!member.contains("1,234") && !member.contains("See what is owed"), "{member}");
    }

    /// Goal: what a form did not do is said first, at its fields, and in the window's title.
    #[test]
    fn trouble_is_said_first() {
        let fields = vec![("address.country".to_owned(), "Two letters are expected.".to_owned())];
        let trouble = Trouble { fields, ..Trouble::of("Please check what is marked below.") };
        let html = page(&Frame { trouble: Some(trouble), ..frame(Role::Finance) });
        assert!(html.contains("<title>Not done: Usage"), "{html}");
        assert!(html.contains("role=\"alert\""), "{html}");
        assert!(
            html.contains("<a href=\"#field-address-country\">Two letters are expected.</a>"),
            "{html}"
        );
    }
}
