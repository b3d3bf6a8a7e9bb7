//! Where the resources of local mode are: the names that AWS would give them.

use std::fmt::Write;

/// The region that local mode pretends to be in.
pub const REGION: &str = "us-east-1";
/// The AWS account that local mode pretends to be.
pub const ACCOUNT: &str = "000000000000";

/// Region, account and the address of SQS: what names are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// AWS region.
    pub region: &'static str,
    /// AWS account.
    pub account: &'static str,
    /// `http://127.0.0.1:<port>`.
    pub sqs: String,
}

impl Places {
    /// With SQS at that address.
    pub fn new(sqs: String) -> Self {
        Self { region: REGION, account: ACCOUNT, sqs }
    }

    /// A queue's URL.
    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.sqs, self.account)
    }

    /// A queue's ARN.
    pub fn queue_arn(&self, name: &str) -> String {
        self.arn("sqs", name)
    }

    /// A table's ARN.
    pub fn table_arn(&self, name: &str) -> String {
        self.arn("dynamodb", &format!("table/{name}"))
    }

    /// ARN of a table's stream.
    pub fn stream_arn(&self, name: &str) -> String {
        self.arn("dynamodb", &format!("table/{name}/stream/latest"))
    }

    /// ARN of a domain that is verified at SES.
    pub fn identity_arn(&self, domain: &str) -> String {
        self.arn("ses", &format!("identity/{domain}"))
    }

    /// A function's ARN.
    pub fn function_arn(&self, name: &str) -> String {
        self.arn("lambda", &format!("function:{name}"))
    }

    /// A secret's ARN.
    pub fn secret_arn(&self, name: &str) -> String {
        self.arn("secretsmanager", &format!("secret:{name}"))
    }

    /// The name in a queue's URL or ARN.
    pub fn queue_name(url_or_arn: &str) -> &str {
        url_or_arn.rsplit(['/', ':']).next().unwrap_or_default()
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let mut arn = String::from("arn:aws");
        for part in [service, self.region, self.account, resource] {
            // Writing to a String cannot fail.
            let _ = write!(arn, ":{part}");
        }
        arn
    }
}
