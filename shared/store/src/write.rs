//! Each [`Write`] of a change as the item that its entity makes of it.

use billing::api_key::Credential;
use billing::authority::Principal;
use billing::change::Write;
use billing::credits::reservation::ReservationStatus;
use billing::ids::AccountId;
use invocation::Invocation;

use crate::transaction::{Condition, Transaction};
use crate::{
    advice, bill, cancellation, closing, correction, credential, credits, dispute, family, intent,
    invoice, issued, keys, member, on_file, paying, preview, price_change, profile, receipt,
    refused, search, session, share, standing, subscription, watch,
};

/// Adds the item of a write to a transaction.
#[expect(clippy::too_many_lines, reason = "the table of all entities, a few lines for each")]
pub(crate) fn add(
    transaction: &mut Transaction,
    account: &AccountId,
    write: &Write,
    invocation: &Invocation,
) {
    let now = invocation.now;
    let next = |version: u64| version.saturating_add(1);
    let (item, condition) = match write {
        Write::Standing(standing) => (
            standing::write(standing, next(standing.version)),
            Condition::Version(standing.version),
        ),
        Write::StandingAt(version) => {
            return transaction.check(keys::standing(account), *version);
        }
        Write::Profile(profile) => {
            search::add(transaction, profile);
            (profile::write(profile, next(profile.version)), Condition::read_at(profile.version))
        }
        Write::Invoice(it) => {
            (invoice::write(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::InvoiceIssued(id, created) => (issued::write(account, id, *created), Condition::Any),
        Write::Subscription(it) => {
            (subscription::write(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::Member(it) => (member::write(account, it), Condition::read_at(it.version)),
        Write::MemberRemoved(member) => {
            let key = keys::member(account, &member.id);
            return transaction.delete_version(key, member.version);
        }
        Write::SignIn(it) => {
            (session::write_sign_in(it, next(it.version)), Condition::read_at(it.version))
        }
        Write::Session(it) => (session::write(account, it), Condition::New),
        Write::SessionEnded(hash) => return transaction.delete(keys::session(account, hash)),
        Write::TurnEnded(turn) => {
            (session::write_turn(account, next(*turn)), Condition::read_at(*turn))
        }
        Write::Blockers(it) => (cancellation::write(account, it), Condition::read_at(it.version)),
        Write::KeyCreated(key) => {
            let principal = Principal::Account { account: account.clone(), role: key.role };
            let (id, name) = (key.id.clone(), key.name.clone());
            let credential = Credential { id, name, principal };
            transaction.put(credential::write_key(&key.hash, &credential), Condition::New);
            (credential::write_account_key(account, key), Condition::New)
        }
        Write::KeyStands(hash) => return transaction.check(keys::api_key(hash), 1),
        Write::KeyRevoked(key) => {
            // Its revocation came first.
            transaction.delete_if_there(keys::api_key(&key.hash));
            return transaction.delete(keys::account_key(account, &key.id));
        }
        Write::CustomerLink(customer) => {
            (profile::write_link(customer, account), Condition::NewOrPlaceholder)
        }
        Write::Intent(it) => {
            (intent::write(account, it, next(it.version), now), Condition::read_at(it.version))
        }
        Write::UsedKey(fingerprint, used) => {
            (credential::write_request(fingerprint, used), Condition::NewOrExpired(now))
        }
        Write::OnFile(it) => (on_file::write(account, it), Condition::read_at(it.version)),
        Write::Paying(it) => (paying::write(account, it), Condition::read_at(it.version)),
        Write::Preview(it) => (preview::write(account, it), Condition::New),
        Write::PriceNotice(it) => {
            (price_change::write_notice(account, it), Condition::read_at(it.version))
        }
        Write::Watch(it) => (watch::write(account, it), Condition::read_at(it.version)),
        Write::Alerted(it) => (watch::write_alerted(account, it), Condition::New),
        Write::FactRefused(event) => (refused::write(account, event, now), Condition::New),
        Write::Bill(it) => {
            if it.version == 0 {
                for page in bill::write_pages(account, it) {
                    transaction.put(page, Condition::New);
                }
            }
            (bill::write(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::UsageCorrected(it) => return correction::add(transaction, account, it),
        Write::MonthClosed { month, counted, resources } => {
            return transaction.update(closing::close(account, *month, counted, resources));
        }
        Write::Share { parent, billed, month, usage } => {
            return share::add(transaction, (parent, *billed), (account, *month), usage);
        }
        Write::LevelsCarried { month, levels } => {
            return transaction.update(closing::carry(account, *month, levels));
        }
        Write::Credits(numbers) => return transaction.update(credits::update(account, numbers)),
        Write::LedgerEntry(entry) => {
            (credits::write_entry(account, entry, &invocation.cause()), Condition::New)
        }
        Write::LedgerPage(page) => (credits::write_page(account, page), Condition::New),
        Write::TokensUsed(used) => return transaction.update(credits::count_used(account, used)),
        Write::Reservation(it) => {
            let hold = keys::hold(account, it.ends_at, &it.id);
            match it.status {
                ReservationStatus::Open => {
                    transaction.put(credits::write_hold(account, it), Condition::New);
                }
                ReservationStatus::Settled | ReservationStatus::Released => {
                    transaction.delete(hold);
                }
            }
            (
                credits::write_reservation(account, it, next(it.version)),
                Condition::read_at(it.version),
            )
        }
        Write::Dispute(it) => {
            (dispute::write(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::InvoicePaymentLink(payment, invoice) => (
            credits::write_invoice_payment_link(payment, account, invoice.as_ref()),
            Condition::NewOrPlaceholder,
        ),
        Write::Purchase(it) => {
            (credits::write_purchase(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::Advice(it) => {
            (advice::write(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::Receipt(it) => {
            (receipt::write(account, it, next(it.version)), Condition::read_at(it.version))
        }
        Write::Payers(it) => (family::write_payers(account, it), Condition::read_at(it.version)),
        Write::SubAccount(it) => {
            (family::write_sub_account(account, it), Condition::read_at(it.version))
        }
        Write::SubAccountRemoved(it) => {
            return transaction.delete_version(keys::sub_account(account, &it.id), it.version);
        }
        Write::PaymentLink(payment, purchase) => {
            (credits::write_payment_link(payment, account, purchase), Condition::NewOrPlaceholder)
        }
    };
    transaction.put(item, condition);
}
