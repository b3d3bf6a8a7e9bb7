use http::Method;

use super::*;
use crate::field;
use crate::testing::{World, id};

mod checkout;
mod papers;
mod portal;

/// A page as it was answered.
pub struct Seen {
    pub status: u16,
    pub location: String,
    pub text: String,
}

impl Seen {
    #[track_caller]
    pub fn says(&self, what: &str) -> &Self {
        assert!(self.text.contains(what), "not on the page: {what}\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn is_silent_about(&self, what: &str) -> &Self {
        assert!(!self.text.contains(what), "on the page: {what}\n{}", self.text);
        self
    }
}

/// What a browser does.
pub trait Browser {
    fn visit(&mut self, path: &str) -> Seen;
    fn submit(&mut self, path: &str, form: &str) -> Seen;
}

impl Browser for World {
    fn visit(&mut self, path: &str) -> Seen {
        seen(self, Method::GET, path, "")
    }

    fn submit(&mut self, path: &str, form: &str) -> Seen {
        seen(self, Method::POST, path, form)
    }
}

fn seen(world: &mut World, method: Method, path: &str, form: &str) -> Seen {
    let path = path.strip_prefix("http://127.0.0.1:3001").unwrap_or(path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = PageRequest {
        method,
        path: path.to_owned(),
        form: Form::decode(query.as_bytes()).and(Form::decode(form.as_bytes())),
        host: "http://127.0.0.1:3001".to_owned(),
    };
    let page = handle(&mut world.engine, &request, world.now);
    Seen {
        status: page.status,
        location: page.location.unwrap_or_default(),
        text: String::from_utf8_lossy(&page.body).into_owned(),
    }
}

/// A test card as one fills it in.
pub fn card(number: &str) -> String {
    format!("pay_with=card&number={number}&expiry=12+%2F+34&cvc=123&name=Ada&country=DE")
}

#[test]
fn an_unknown_path_says_so_on_a_page() {
    let mut world = World::new();
    let page = world.visit("/nowhere");
    assert_eq!(page.status, 404);
    page.says("There is nothing here").says("No real money moves");
}

#[test]
fn pages_have_one_style_sheet_and_no_script() {
    let mut world = World::new();
    let style = world.visit("/style.css");
    assert_eq!(style.status, 200);
    world.visit("/nowhere").says("href=\"/style.css\"").is_silent_about("<script");
}

#[test]
fn a_price_of_a_product_is_shown_by_its_currency() {
    let mut world = World::new();
    let product = id(&world.post("/v1/products", "name=Seat"));
    let form = format!("product={product}&currency=jpy&unit_amount=500");
    let price = world.post("/v1/prices", &form);
    let form = format!(
        "mode=payment&success_url=https://shop.example/&line_items[0][quantity]=1\
         &line_items[0][price]={}",
        id(&price)
    );
    let session = world.post("/v1/checkout/sessions", &form);
    world.visit(field::text(&session, "/url").unwrap()).says("JPY 500");
}
