//! The steps of an account's opening.

use billing::account::Standing;
use billing::decide::open_account;
use billing::ids::AccountId;
use billing::intent::Intent;
use billing::opening::Begun;
use billing::time::Timestamp;
use store::open::Opening;
use store::{Part, credential};

use super::{Story, api, beginning, invocation, opening};
use crate::world::{DAY, NOW};

impl Story {
    /// An opening that is kept, taken back once, and leaves nothing.
    pub(super) async fn an_opening_that_is_taken_back(&mut self) {
        let (now, call) = (Timestamp(NOW), invocation(api("read")));
        let beta = AccountId::parse("beta").unwrap();
        let (standing, profile) = beginning(beta.clone(), None);
        let change = open_account(standing.clone(), profile.clone(), now);
        let request = credential::Request {
            body: "b".to_owned(),
            made: beta.to_string(),
            expires_at: now.plus_seconds(DAY),
        };
        let Opening { intent, members, .. } = opening();
        let intent = Intent { request: Some("k1".to_owned()), ..intent };
        let opening = Opening {
            intent: intent.clone(),
            customer: None,
            members: members.clone(),
            request: Some(("k1".to_owned(), request)),
            parent: None,
        };
        let opened = self.store.open(&call, &change, &opening).await;
        self.saw("open another", &opened, call.cost());
        let standing = Standing { version: 1, ..standing };
        for (version, keeps, takes) in [(0, false, false), (1, true, false), (2, false, true)] {
            let intent = Intent { version, ..intent.after_failure() };
            if keeps || version == 0 {
                let kept = self.store.keep_intent(&call, &beta, &intent, None).await;
                self.saw("keep its intent", &kept, call.cost());
                assert_eq!(kept.is_ok(), keeps, "{kept:?}");
            }
            let begun = Begun { standing: standing.clone(), profile: profile.clone(), intent };
            let taken = self.store.take_back(&call, &begun, &members, None).await;
            self.saw("take it back", &taken, call.cost());
            assert_eq!(taken.is_ok(), takes, "{taken:?}");
        }
        let parts = [
            Part::Standing,
            Part::Profile,
            Part::Intent(intent.id.clone()),
            Part::Request("k1".to_owned()),
        ];
        let left = self.store.load(&call, &beta, &parts).await.unwrap();
        assert_eq!(left.standing().unwrap(), None);
        assert_eq!(left.profile().unwrap(), None);
        assert_eq!(left.intent(&intent.id).unwrap(), None);
        assert_eq!(left.request("k1", now).unwrap(), None);
    }
}
