//! Conditions of a cancellation that only the vendor knows of, and names that lines of invoices
//! have.

use billing::cancellation::{BlockerCode, VendorCondition};
use billing::overage::PARTS;

use super::Check;
use crate::raw;

impl Check<'_> {
    /// Conditions, each with the code of the blocker that is reported when it is not met.
    pub(super) fn conditions(&mut self, all: Vec<raw::Condition>) -> Option<Vec<VendorCondition>> {
        self.ids("condition", all.iter().map(|condition| &condition.code));
        let all: Vec<_> = all.into_iter().map(|condition| self.condition(&condition)).collect();
        all.into_iter().collect()
    }

    fn condition(&mut self, raw: &raw::Condition) -> Option<VendorCondition> {
        let met = self.words("met", &raw.met);
        match BlockerCode::parse(raw.code.get_ref()) {
            Ok(code) => Some(VendorCondition { code, met }),
            Err(error) => {
                self.complain(raw.code.span(), format!("code: {error}"));
                None
            }
        }
    }

    /// A resource is not called like a part of a subscription: its lines could not be told apart.
    pub(super) fn are_no_parts(&mut self, resources: &[raw::Resource]) {
        for resource in resources {
            let id = resource.id.get_ref();
            if PARTS.iter().any(|(part, _)| part == id) {
                let reason = format!("`{id}` is what invoices call another kind of line");
                self.complain(resource.id.span(), reason);
            }
        }
    }
}
