//! Visits to the billing portal.

use super::{Browser, card};
use crate::field;
use crate::testing::{World, id};

const UPDATE: &str = "features[subscription_update]";

/// A customer with five seats at 10 € a month, and plans to change to.
struct Desk {
    world: World,
    customer: String,
    subscription: String,
    product: String,
    monthly: String,
    yearly: String,
}

impl Desk {
    fn new() -> Self {
        let mut world = World::new();
        let product = id(&world.post("/v1/products", "name=Team plan"));
        let price = |world: &mut World, form: &str| {
            let form = format!("product={product}&currency=eur&{form}");
            id(&world.post("/v1/prices", &form))
        };
        let monthly = price(&mut world, "unit_amount=1000&recurring[interval]=month");
        let yearly = price(&mut world, "unit_amount=9000&recurring[interval]=year");
        let form = "name=Acme&email=ada@shop.example&payment_method=pm_card_visa\
                    &invoice_settings[default_payment_method]=pm_card_visa";
        let customer = id(&world.post("/v1/customers", form));
        let form = format!("customer={customer}&items[0][price]={monthly}&items[0][quantity]=5");
        let subscription = id(&world.post("/v1/subscriptions", &form));
        Self { world, customer, subscription, product, monthly, yearly }
    }

    fn configuration(&mut self, form: &str) -> String {
        let form = format!("features[invoice_history][enabled]=true&{form}");
        id(&self.world.post("/v1/billing_portal/configurations", &form))
    }

    /// Plans that can be chosen, with one to nine seats.
    fn offer(&mut self, more: &str) -> String {
        let form = format!(
            "{UPDATE}[enabled]=true&{UPDATE}[default_allowed_updates][0]=price\
             &{UPDATE}[default_allowed_updates][1]=quantity\
             &{UPDATE}[products][0][product]={}&{UPDATE}[products][0][prices][0]={}\
             &{UPDATE}[products][0][prices][1]={}\
             &{UPDATE}[products][0][adjustable_quantity][enabled]=true\
             &{UPDATE}[products][0][adjustable_quantity][maximum]=9{more}",
            self.product, self.monthly, self.yearly
        );
        self.configuration(&form)
    }

    /// Where a visit begins.
    fn visit(&mut self, more: &str) -> String {
        let form =
            format!("customer={}&return_url=https://shop.example/account{more}", self.customer);
        let session = self.world.post("/v1/billing_portal/sessions", &form);
        let url = field::text(&session, "/url").unwrap();
        url.strip_prefix("http://127.0.0.1:3001").unwrap().to_owned()
    }

    fn text(&mut self, path: &str, pointer: &str) -> String {
        let shown = self.world.get(path);
        let field = field::of(&shown, pointer);
        field.as_str().map_or_else(|| field.to_string(), str::to_owned)
    }

    fn default_card(&mut self) -> String {
        let path = format!("/v1/customers/{}", self.customer);
        let method = self.text(&path, "/invoice_settings/default_payment_method");
        self.text(&format!("/v1/payment_methods/{method}"), "/card/last4")
    }

    fn subscription(&mut self, pointer: &str) -> String {
        self.text(&format!("/v1/subscriptions/{}", self.subscription), pointer)
    }
}

#[test]
fn the_first_page_shows_plan_cards_details_and_invoices() {
    let mut desk = Desk::new();
    let path = desk.visit("");
    desk.world
        .visit(&path)
        .says("5 × Team plan, €10.00 per month")
        .says("Renews on 22 December 2026")
        .says("Visa •••• 4242")
        .says("Default")
        .says("ada@shop.example")
        .says("€50.00")
        .says("/pdf\"")
        .says("https://shop.example/account");
}

#[test]
fn a_link_is_over_after_five_minutes_unless_it_is_used() {
    let mut desk = Desk::new();
    let (unused, used) = (desk.visit(""), desk.visit(""));
    desk.world.advance(299);
    desk.world.visit(&used).says("Team plan");
    desk.world.advance(1);
    desk.world.visit(&unused).says("This link has expired").says("https://shop.example/account");
    desk.world.advance(3_000);
    desk.world.visit(&used).says("Team plan");
    desk.world.advance(3_600);
    desk.world.visit(&used).says("This link has expired");
}

#[test]
fn a_new_card_becomes_the_customers_default_and_not_the_subscriptions() {
    let mut desk = Desk::new();
    let path = desk.visit("");
    let add = format!("{path}/payment_methods");
    desk.world.visit(&add).says("Card number").says("4242 4242 4242 4242");
    let saved = desk.world.submit(&add, &card("5555555555554444"));
    assert_eq!(saved.status, 303);
    let home = desk.world.visit(&saved.location);
    desk.world.visit(&home.location).says("Your payment method is updated").says("Mastercard");
    assert_eq!(desk.default_card(), "4444");
    assert_eq!(desk.subscription("/default_payment_method"), "null");
}

#[test]
fn a_card_that_asks_becomes_the_default_once_it_is_authenticated() {
    let mut desk = Desk::new();
    let path = desk.visit("");
    let add = format!("{path}/payment_methods");
    let asked = desk.world.submit(&add, &card("4000002500003155"));
    desk.world.visit(&asked.location).says("wants to save this card");
    let (bank, query) = asked.location.split_once('?').unwrap();
    let failed = desk.world.submit(bank, &format!("outcome=fail&{query}"));
    let again = desk.world.visit(&failed.location);
    assert_eq!(again.status, 402);
    again.says("failed authentication");
    assert_eq!(desk.default_card(), "4242");

    let asked = desk.world.submit(&add, &card("4000002500003155"));
    let (bank, query) = asked.location.split_once('?').unwrap();
    let done = desk.world.submit(bank, &format!("outcome=complete&{query}"));
    assert_eq!(desk.world.visit(&done.location).status, 303);
    assert_eq!(desk.default_card(), "3155");
}

#[test]
fn a_declined_card_is_not_kept() {
    let mut desk = Desk::new();
    let path = desk.visit("");
    let declined = desk.world.submit(&format!("{path}/payment_methods"), &card("4000000000000002"));
    assert_eq!(declined.status, 402);
    declined.says("declined");
    assert_eq!(desk.default_card(), "4242");
}

#[test]
fn another_card_is_made_the_default_or_removed() {
    let mut desk = Desk::new();
    let form = format!("customer={}", desk.customer);
    let other = desk.world.post("/v1/payment_methods/pm_card_mastercard/attach", &form);
    let other = id(&other);
    let stranger = id(&desk.world.post("/v1/customers", "name=Eve"));
    let form = format!("customer={stranger}");
    let foreign = id(&desk.world.post("/v1/payment_methods/pm_card_amex/attach", &form));
    let path = desk.visit("");
    let submit = |desk: &mut Desk, method: &str, what: &str| {
        desk.world.submit(&format!("{path}/payment_methods/{method}/{what}"), "").status
    };
    assert_eq!(submit(&mut desk, &other, "default"), 303);
    assert_eq!(desk.default_card(), "4444");
    assert_eq!(submit(&mut desk, &foreign, "default"), 404);
    assert_eq!(submit(&mut desk, &foreign, "remove"), 404);
    assert_eq!(submit(&mut desk, &other, "remove"), 303);
    let methods = desk.world.get(&format!("/v1/customers/{}/payment_methods", desk.customer));
    assert_eq!(field::rows(&methods, "/data").count(), 1);
}

#[test]
fn details_are_changed_as_far_as_the_configuration_allows() {
    let mut desk = Desk::new();
    let configuration = desk.configuration(
        "features[customer_update][enabled]=true\
         &features[customer_update][allowed_updates][0]=email\
         &features[customer_update][allowed_updates][1]=tax_id",
    );
    let path = desk.visit(&format!("&configuration={configuration}"));
    let details = format!("{path}/details");
    desk.world.visit(&details).says("ada@shop.example").is_silent_about("name=\"name\"");
    desk.world.submit(&details, "email=nobody").says("Enter an email address");
    let form = "email=new@shop.example&name=Eve&tax_id_type=eu_vat&tax_id=DE123456789";
    assert_eq!(desk.world.submit(&details, form).status, 303);
    let customer = format!("/v1/customers/{}", desk.customer);
    assert_eq!(desk.text(&customer, "/email"), "new@shop.example");
    assert_eq!(desk.text(&customer, "/name"), "Acme");
    desk.world.visit(&details).says("EU VAT DE123456789");
    let tax_id = desk.text(&format!("{customer}/tax_ids"), "/data/0/id");
    let remove = format!("{details}/tax_ids/{tax_id}/remove");
    assert_eq!(desk.world.submit(&remove, "").status, 303);
    desk.world.visit(&details).is_silent_about("DE123456789");
}

#[test]
fn a_plan_is_cancelled_at_its_end_and_that_is_taken_back() {
    let mut desk = Desk::new();
    let path = desk.visit("");
    let own = format!("{path}/subscriptions/{}", desk.subscription);
    desk.world.visit(&format!("{own}/cancel")).says("22 December 2026").says("too expensive");
    let done = desk.world.submit(&format!("{own}/cancel"), "feedback=too_expensive");
    desk.world.visit(&done.location).says("Your subscription is canceled").says("Ends on");
    assert_eq!(desk.subscription("/cancel_at_period_end"), "false", "of flexible billing");
    assert_ne!(desk.subscription("/cancel_at"), "null");
    assert_eq!(desk.subscription("/cancellation_details/feedback"), "too_expensive");
    assert_eq!(desk.world.submit(&format!("{own}/renew"), "").status, 303);
    assert_eq!(desk.subscription("/cancel_at"), "null");
}

#[test]
fn what_the_configuration_does_not_allow_is_not_there() {
    let mut desk = Desk::new();
    let configuration = desk.configuration("");
    let path = desk.visit(&format!("&configuration={configuration}"));
    desk.world
        .visit(&path)
        .is_silent_about("Cancel plan")
        .is_silent_about("Update plan")
        .is_silent_about("Add payment method")
        .is_silent_about("Update details");
    for what in [
        "payment_methods".to_owned(),
        "details".to_owned(),
        format!("subscriptions/{}/cancel", desk.subscription),
        format!("subscriptions/{}/confirm", desk.subscription),
    ] {
        let form = card("4242424242424242");
        assert_eq!(desk.world.submit(&format!("{path}/{what}"), &form).status, 404, "{what}");
    }
    assert_eq!(desk.subscription("/cancel_at_period_end"), "false");
}

#[test]
fn another_number_of_seats_is_paid_at_once_where_the_configuration_says_so() {
    let mut desk = Desk::new();
    let configuration = desk.offer(&format!("&{UPDATE}[proration_behavior]=always_invoice"));
    let path = desk.visit(&format!("&configuration={configuration}"));
    let own = format!("{path}/subscriptions/{}", desk.subscription);
    desk.world.visit(&format!("{own}/update")).says("€90.00 per year").says("value=\"5\"");
    let form = format!("price={}&quantity=10", desk.monthly);
    desk.world.visit(&format!("{own}/confirm?{form}")).says("This number cannot be chosen");
    let form = format!("price={}&quantity=8", desk.monthly);
    desk.world.visit(&format!("{own}/confirm?{form}")).says("€30.00 is due now");
    let done = desk.world.submit(&format!("{own}/confirm"), &form);
    desk.world.visit(&done.location).says("Your subscription is updated").says("8 × Team plan");
    let invoices = desk.world.get("/v1/invoices?limit=1");
    assert_eq!(field::integer(&invoices, "/data/0/amount_paid"), Some(3_000));
}

#[test]
fn a_declined_update_changes_nothing() {
    let mut desk = Desk::new();
    let configuration = desk.offer(&format!("&{UPDATE}[proration_behavior]=always_invoice"));
    let form = format!("customer={}", desk.customer);
    let path = "/v1/payment_methods/pm_card_chargeCustomerFail/attach";
    let method = id(&desk.world.post(path, &form));
    let form = format!("invoice_settings[default_payment_method]={method}");
    desk.world.post(&format!("/v1/customers/{}", desk.customer), &form);
    let path = desk.visit(&format!("&configuration={configuration}"));
    let confirm = format!("{path}/subscriptions/{}/confirm", desk.subscription);
    let refused = desk.world.submit(&confirm, &format!("price={}&quantity=8", desk.monthly));
    assert_eq!(refused.status, 402);
    refused.says("declined");
    assert_eq!(desk.subscription("/items/data/0/quantity"), "5");
}

#[test]
fn fewer_seats_wait_for_the_periods_end_where_the_configuration_says_so() {
    let mut desk = Desk::new();
    let configuration = desk.offer(&format!(
        "&{UPDATE}[proration_behavior]=always_invoice\
         &{UPDATE}[schedule_at_period_end][conditions][0][type]=decreasing_item_amount"
    ));
    let path = desk.visit(&format!("&configuration={configuration}"));
    let confirm = format!("{path}/subscriptions/{}/confirm", desk.subscription);
    let form = format!("price={}&quantity=2", desk.monthly);
    desk.world.visit(&format!("{confirm}?{form}")).says("It changes on 22 December 2026");
    let done = desk.world.submit(&confirm, &form);
    desk.world.visit(&done.location).says("changes at the end of its period");
    assert_eq!(desk.subscription("/items/data/0/quantity"), "5");
    desk.world.advance(31 * 86_400);
    assert_eq!(desk.subscription("/items/data/0/quantity"), "2");
}

#[test]
fn a_flow_leads_to_its_page_and_on_to_where_the_caller_says() {
    let mut desk = Desk::new();
    let flow = "&flow_data[type]=payment_method_update\
                &flow_data[after_completion][type]=redirect\
                &flow_data[after_completion][redirect][return_url]=https://shop.example/done";
    let path = desk.visit(flow);
    let first = desk.world.visit(&path);
    assert_eq!(first.location, format!("{path}/payment_methods"));
    let saved = desk.world.submit(&first.location, &card("5555555555554444"));
    assert_eq!(desk.world.visit(&saved.location).location, "https://shop.example/done");

    let subscription = desk.subscription.clone();
    let flow = format!(
        "&flow_data[type]=subscription_cancel\
         &flow_data[subscription_cancel][subscription]={subscription}\
         &flow_data[after_completion][type]=hosted_confirmation\
         &flow_data[after_completion][hosted_confirmation][custom_message]=Come+back+soon"
    );
    let path = desk.visit(&flow);
    let first = desk.world.visit(&path);
    let done = desk.world.submit(&first.location, "");
    desk.world.visit(&done.location).says("Come back soon").says("Return to Tollgate Local");
    assert_ne!(desk.subscription("/cancel_at"), "null");
}

#[test]
fn a_flow_confirms_the_one_change_that_it_was_made_for() {
    let mut desk = Desk::new();
    let configuration = desk.offer("");
    let (subscription, yearly) = (desk.subscription.clone(), desk.yearly.clone());
    let item = desk.subscription("/items/data/0/id");
    let at = "flow_data[subscription_update_confirm]";
    let flow = format!(
        "&configuration={configuration}&flow_data[type]=subscription_update_confirm\
         &{at}[subscription]={subscription}&{at}[items][0][id]={item}\
         &{at}[items][0][price]={yearly}&{at}[items][0][quantity]=3"
    );
    let path = desk.visit(&flow);
    let first = desk.world.visit(&path);
    desk.world.visit(&first.location).says("3 × Team plan, €90.00 per year");
    let confirm = format!("{path}/subscriptions/{subscription}/confirm");
    let other = desk.world.submit(&confirm, &format!("price={yearly}&quantity=9"));
    other.says("This cannot be chosen here");
    let done = desk.world.submit(&confirm, &format!("price={yearly}&quantity=3"));
    assert_eq!(done.location, format!("{path}/home?done=changed"));
    assert_eq!(desk.subscription("/items/data/0/quantity"), "3");
}

#[test]
fn flows_need_their_feature_and_the_customers_own_subscription() {
    let mut desk = Desk::new();
    let configuration = desk.configuration("");
    let stranger = id(&desk.world.post("/v1/customers", "name=Eve"));
    let subscription = desk.subscription.clone();
    let cancel = format!(
        "flow_data[type]=subscription_cancel\
         &flow_data[subscription_cancel][subscription]={subscription}"
    );
    for (form, param) in [
        (
            format!("customer={}&configuration={configuration}&{cancel}", desk.customer),
            "flow_data[type]",
        ),
        (format!("customer={stranger}&{cancel}"), "flow_data[subscription_cancel][subscription]"),
        ("customer=cus_none".to_owned(), "customer"),
        (format!("customer={stranger}&configuration=bpc_none"), "configuration"),
        (format!("customer={stranger}&return_url=nowhere"), "return_url"),
    ] {
        let (status, error) = desk.world.refused("/v1/billing_portal/sessions", &form);
        assert_eq!((status, field::text(&error, "/param")), (400, Some(param)), "{form}");
    }
}
