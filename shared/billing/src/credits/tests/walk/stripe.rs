//! The model of Stripe: it charges or declines, refunds and is disputed with.

use super::super::rules::offer;
use super::World;
use crate::credits::purchase::{ChargeMethod, Purchase, PurchaseStatus};
use crate::credits::recharge::PauseReason;
use crate::ids::{
    CustomerId, DisputeId, PaymentIntentId, PaymentMethodId, PurchaseId, RefundId, SessionId,
};
use crate::money::Money;
use crate::payment::{
    Decline, DisputeSnapshot, DisputeStatus, PaymentFact, PaymentNews, PaymentSnapshot,
    PaymentStatus, RefundSnapshot, RefundStatus, SessionSnapshot, SessionStatus,
};

impl World {
    /// What the function does with a charge that is under way: it may stop between any two steps.
    pub(super) fn charge(&mut self) {
        let Some(charge) = self.credits.decided.open_charge().cloned() else { return };
        let purchase = self.purchases[&charge.purchase].clone();
        if purchase.method.is_none() {
            let id = PaymentMethodId::parse(&format!("pm_{}", self.card)).unwrap();
            let method = Some(ChargeMethod { id, fingerprint: Some(self.card.to_string()) });
            let version = purchase.version + 1;
            let chosen = Purchase { version, method, ..purchase };
            self.purchases.insert(chosen.id.clone(), chosen);
            if self.rng.below(4) == 0 {
                return;
            }
        }
        let known = self.stripe.entry(charge.purchase.clone()).or_default();
        // The same idempotency key never charges twice.
        if known.captured.is_none() && !known.declined {
            known.payments += 1;
            let payment = PaymentIntentId::parse(&format!("pi_{}", charge.purchase)).unwrap();
            let outcome = self.rng.below(8);
            let declined = |code: &str, decline: Option<&str>| Decline {
                code: code.to_owned(),
                decline_code: decline.map(str::to_owned),
                message: None,
                method: None,
            };
            let (status, decline) = match outcome {
                0 => (PaymentStatus::Processing, None),
                1 => (PaymentStatus::Waiting, Some(declined("authentication_required", None))),
                2 | 3 => (
                    PaymentStatus::Waiting,
                    Some(declined("card_declined", Some("insufficient_funds"))),
                ),
                4 => (PaymentStatus::Waiting, Some(declined("card_declined", Some("stolen_card")))),
                _ => (PaymentStatus::Succeeded, None),
            };
            let known = self.stripe.get_mut(&charge.purchase).unwrap();
            known.declined = decline.is_some();
            if status == PaymentStatus::Succeeded || status == PaymentStatus::Processing {
                known.captured = Some(payment.clone());
            }
            self.tell_payment(&charge.purchase, &payment, status, decline);
            if status == PaymentStatus::Processing {
                self.tell_payment(&charge.purchase, &payment, PaymentStatus::Succeeded, None);
            }
        }
        if self.rng.below(3) > 0 {
            let purchase = charge.purchase;
            let told: Vec<_> = self.told.iter().filter(|it| it.0 == purchase).cloned().collect();
            for (id, fact) in told {
                self.hear(&id, &fact);
            }
        }
    }

    fn tell_payment(
        &mut self,
        purchase: &PurchaseId,
        id: &PaymentIntentId,
        status: PaymentStatus,
        declined: Option<Decline>,
    ) {
        let snapshot = PaymentSnapshot {
            id: id.clone(),
            customer: CustomerId::parse("cus_1").unwrap(),
            purchase: purchase.clone(),
            status,
            amount: offer().price,
            declined,
        };
        let fact = PaymentFact { at: self.now, news: PaymentNews::Payment(snapshot) };
        self.told.push((purchase.clone(), fact));
    }

    /// The page of a payment that wants its holder is made.
    pub(super) fn offer(&mut self) {
        let decided = &self.credits.decided;
        let waits = decided.pause.as_ref().is_some_and(|pause| {
            pause.reason == PauseReason::AuthenticationRequired && pause.action_url.is_none()
        });
        let Some(waiting) = decided.charge.clone().filter(|_| waits) else { return };
        let purchase = self.purchases[&waiting.purchase].clone();
        let session = Some(SessionId::parse(&format!("cs_{}", purchase.id)).unwrap());
        let books = self.books();
        let with_page = Purchase { session, ..purchase };
        let change = books.credits.offer_page(&with_page, "https://pay");
        if self.write(&change) {
            self.stripe.entry(waiting.purchase).or_default().page = true;
        }
    }

    /// Somebody pays on a page, or its time is over.
    pub(super) fn visit(&mut self) {
        self.offer();
        let pages = |world: &Self| {
            let open = world.stripe.iter().filter(|(_, it)| it.page).map(|(id, _)| id.clone());
            open.collect::<Vec<_>>()
        };
        let Some(id) = self.any(pages) else { return };
        let (status, paid, failed) = match self.rng.below(4) {
            0 => (SessionStatus::Expired, false, false),
            1 => (SessionStatus::Complete, false, true),
            _ => (SessionStatus::Complete, true, false),
        };
        self.end_page(&id, status, paid, failed);
    }

    pub(super) fn end_page(
        &mut self,
        id: &PurchaseId,
        status: SessionStatus,
        paid: bool,
        failed: bool,
    ) {
        let payment = PaymentIntentId::parse(&format!("pi_page_{id}")).unwrap();
        let known = self.stripe.get_mut(id).unwrap();
        known.page = false;
        if paid {
            known.payments += 1;
            known.captured = Some(payment.clone());
        }
        let taxed = self.rng.below(2) == 0;
        let price = offer().price;
        let total =
            Money { amount: price.amount + if taxed { price.amount / 5 } else { 0 }, ..price };
        let snapshot = SessionSnapshot {
            id: SessionId::parse(&format!("cs_{id}")).unwrap(),
            customer: CustomerId::parse("cus_1").unwrap(),
            purchase: id.clone(),
            status,
            paid,
            failed,
            subtotal: price,
            total,
            payment: Some(payment.clone()),
        };
        let fact = PaymentFact { at: self.now, news: PaymentNews::Session(snapshot) };
        self.told.push((id.clone(), fact));
        if paid && !taxed {
            self.tell_payment(id, &payment, PaymentStatus::Succeeded, None);
        }
    }

    pub(super) fn reverse(&mut self) {
        let granted = |world: &Self| {
            let all = world.purchases.values().filter(|it| it.status == PurchaseStatus::Granted);
            all.cloned().collect::<Vec<_>>()
        };
        let Some(purchase) = self.any(granted) else { return };
        let paid = purchase.paid.unwrap();
        let payment = purchase.payment.clone().unwrap();
        let share = i64::try_from(self.rng.below(3) + 1).unwrap();
        let amount = Money { amount: paid.amount * share / 3, ..paid };
        let number = self.draw();
        if self.rng.below(2) == 0 {
            let id = RefundId::parse(&format!("re_{number}")).unwrap();
            let status = RefundStatus::Pending;
            let refund = RefundSnapshot { id: id.clone(), payment, amount, status };
            self.refunds.insert(id, (purchase.id.clone(), refund.clone()));
            let fact = PaymentFact { at: self.now, news: PaymentNews::Refund(refund) };
            self.told.push((purchase.id, fact));
        } else {
            let id = DisputeId::parse(&format!("du_{number}")).unwrap();
            let warning = self.rng.below(3) == 0;
            let status = if warning { DisputeStatus::Warning } else { DisputeStatus::Open };
            let dispute = DisputeSnapshot {
                id: id.clone(),
                payment,
                amount,
                withdrawn: None,
                status,
                reason: None,
                due_by: None,
                answered: false,
            };
            self.disputes.insert(id, (purchase.id.clone(), dispute.clone()));
            let fact = PaymentFact { at: self.now, news: PaymentNews::Dispute(dispute) };
            self.told.push((purchase.id, fact));
        }
    }

    /// Refunds succeed and fail, disputes are won and lost.
    pub(super) fn go_on(&mut self) {
        if let Some(id) = self.any(|world| world.refunds.keys().cloned().collect()) {
            let next =
                if self.rng.below(2) == 0 { RefundStatus::Failed } else { RefundStatus::Succeeded };
            let (purchase, refund) = self.refunds.get_mut(&id).unwrap();
            refund.status = refund.status.max(next);
            let fact = PaymentFact { at: self.now, news: PaymentNews::Refund(refund.clone()) };
            self.told.push((purchase.clone(), fact));
        }
        if let Some(id) = self.any(|world| world.disputes.keys().cloned().collect()) {
            let won = self.rng.below(2) == 0;
            let (purchase, dispute) = self.disputes.get_mut(&id).unwrap();
            dispute.status = match dispute.status {
                DisputeStatus::Warning if won => DisputeStatus::WarningClosed,
                DisputeStatus::Warning => DisputeStatus::Open,
                DisputeStatus::Open if won => DisputeStatus::Won,
                DisputeStatus::Open => DisputeStatus::Lost,
                DisputeStatus::WarningClosed | DisputeStatus::Lost | DisputeStatus::Won => {
                    dispute.status
                }
            };
            let fact = PaymentFact { at: self.now, news: PaymentNews::Dispute(dispute.clone()) };
            self.told.push((purchase.clone(), fact));
        }
    }

    pub(super) fn hear(&mut self, purchase: &PurchaseId, fact: &PaymentFact) {
        let Some(purchase) = self.purchases.get(purchase).cloned() else { return };
        let books = self.books();
        match books.credits.told(&purchase, fact, self.now) {
            Ok(Some(change)) => assert!(self.write(&change), "decided on what is known"),
            Ok(None) => {}
            Err(refusal) => panic!("refused: {refusal}"),
        }
    }
}
