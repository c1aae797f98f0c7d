//! Orders: drafted, published, closed, withdrawn; their seats.

use crate::town::*;
use proto::training::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn seats_are_taken_by_agreed_classes_and_never_beyond_what_was_ordered() {
    for town in Town::both().await {
        let order = town.publish(order(10)).await.name;
        let mut classes = Vec::new();
        for capacity in [6, 3, 2] {
            classes.push(town.propose(class(&order, capacity)).await.unwrap().name);
        }
        town.agree(&classes[0]).await.unwrap();
        town.agree(&classes[1]).await.unwrap();
        let refused = town.agree(&classes[2]).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&order, "SEATS_TAKEN"));
        assert!(refused.message().contains("no 2 seats left"), "{refused}");
        town.cancel(&classes[1]).await.unwrap();
        assert_eq!(town.read_order(&order).await.seats_taken, 6, "a cancelled class gives its seats back");
        town.agree(&classes[2]).await.unwrap();
        assert_eq!(town.read_order(&order).await.seats_taken, 8);
        let refused = town.propose(class(&order, 11)).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&order, "SEATS_TAKEN"));
        town.verify().await;
    }
}

#[tokio::test]
async fn an_order_is_withdrawn_only_while_no_class_is_agreed() {
    for town in Town::both().await {
        let order = town.publish(order(10)).await.name;
        let name = town.propose(class(&order, 5)).await.unwrap().name;
        town.agree(&name).await.unwrap();
        let withdraw = || pb::WithdrawOrderRequest { name: order.clone(), ..Default::default() };
        let refused = town.foreman().withdraw_order(withdraw()).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&order, "ORDER_IN_USE"));
        town.cancel(&name).await.unwrap();
        let withdrawn = town.foreman().withdraw_order(withdraw()).await.unwrap().into_inner();
        assert_eq!(withdrawn.state(), pb::OrderState::Withdrawn);
        let refused = town.foreman().withdraw_order(withdraw()).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&order, "WRONG_STATE"));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_draft_is_discarded_without_having_been_published() {
    for town in Town::both().await {
        let name = town.draft(order(10)).await.name;
        let request = pb::WithdrawOrderRequest { name, ..Default::default() };
        let withdrawn = town.foreman().withdraw_order(request).await.unwrap().into_inner();
        assert_eq!(withdrawn.state(), pb::OrderState::Withdrawn);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_closed_order_takes_no_class_neither_proposed_nor_agreed() {
    for town in Town::both().await {
        let order = town.publish(order(10)).await.name;
        let proposed = town.propose(class(&order, 5)).await.unwrap().name;
        let close = pb::CloseOrderRequest { name: order.clone(), ..Default::default() };
        town.foreman().close_order(close).await.unwrap();
        assert_eq!(refusal(&town.propose(class(&order, 5)).await.unwrap_err()), says(&order, "WRONG_STATE"));
        assert_eq!(refusal(&town.agree(&proposed).await.unwrap_err()), says(&order, "WRONG_STATE"));
        assert_eq!(town.read_class(&proposed).await.state(), pb::ClassState::Proposed);
        town.cancel(&proposed).await.unwrap();
    }
}

#[tokio::test]
async fn a_decision_on_an_older_etag_is_refused() {
    for town in Town::both().await {
        let order = town.publish(order(10)).await;
        let close = pb::CloseOrderRequest { name: order.name.clone(), etag: "\"0\"".into() };
        let refused = town.foreman().close_order(close).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let close = pb::CloseOrderRequest { name: order.name, etag: order.etag };
        town.foreman().close_order(close).await.unwrap();
    }
}

#[tokio::test]
async fn a_malformed_order_is_refused_by_field() {
    for town in Town::both().await {
        let wrong = [
            (pb::Order { enterprise: "the factory".into(), ..order(10) }, "order.enterprise"),
            (pb::Order { title: "  ".into(), ..order(10) }, "order.title"),
            (pb::Order { chain: String::new(), ..order(10) }, "order.chain"),
            (pb::Order { programme_code: "4".repeat(41), ..order(10) }, "order.programme_code"),
            (order(0), "order.seats"),
            (order(10_001), "order.seats"),
            (pb::Order { start_date: day(2026, 2, 30), ..order(10) }, "order.start_date"),
            (pb::Order { end_date: day(2026, 3, 1), ..order(10) }, "order.end_date"),
        ];
        for (order, field) in wrong {
            let request = pb::CreateOrderRequest { order: Some(order) };
            let refused = town.foreman().create_order(request).await.unwrap_err();
            assert_eq!((refused.code(), refusal(&refused).0.as_str()), (Code::InvalidArgument, field));
        }
        let none = town.foreman().create_order(pb::CreateOrderRequest::default()).await.unwrap_err();
        assert_eq!(refusal(&none), says("order", "REQUIRED"));
    }
}

#[tokio::test]
async fn a_list_of_orders_is_narrowed_and_paged_without_gap_or_repeat() {
    for town in Town::both().await {
        for n in 0..5 {
            let chain = if n % 2 == 0 { "nylon" } else { "steel" };
            town.publish(pb::Order { chain: chain.into(), ..order(10) }).await;
        }
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListOrdersRequest { page_size: 2, page_token: token, ..Default::default() };
            let page = town.dean().list_orders(request).await.unwrap().into_inner();
            seen.extend(page.orders.into_iter().map(|order| order.name));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        let mut unique = seen.clone();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (5, 5));
        let request = pb::ListOrdersRequest { chain: "steel".into(), enterprise: FACTORY.into(), ..Default::default() };
        assert_eq!(town.dean().list_orders(request).await.unwrap().into_inner().orders.len(), 2);
        let request = pb::ListOrdersRequest { state: pb::OrderState::Closed.into(), ..Default::default() };
        assert!(town.foreman().list_orders(request).await.unwrap().into_inner().orders.is_empty());
        let refused = town.dean().list_orders(pb::ListOrdersRequest { state: 99, ..Default::default() }).await.unwrap_err();
        assert_eq!(refusal(&refused), says("state", "ENUM_UNKNOWN"));
    }
}
