//! Fixed tax rates.

use billing::tax::{Percent, TaxRate};

use super::Check;
use crate::{SoldTaxRate, raw};

impl Check<'_> {
    pub(super) fn tax_rate(&mut self, raw: raw::TaxRate) -> Option<SoldTaxRate> {
        let name = self.text(raw.name, "name");
        let percent = Percent::parse(raw.percent.get_ref());
        if let Err(error) = &percent {
            self.complain(raw.percent.span(), error.to_string());
        }
        let rate = TaxRate { percent: percent.ok()?, name };
        Some(SoldTaxRate { id: raw.id.into_inner(), rate })
    }
}
