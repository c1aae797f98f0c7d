//! What every gRPC server is expected to have: health, and reflection in both versions, as half of the
//! clients ask for the one and half for the other.

use crate::error::Error;
use tonic::service::Routes;
use tonic_reflection::server::Builder;

/// Adds `grpc.health.v1` and, if wanted, reflection v1 and v1alpha to `router`, which keeps its fallback.
pub async fn with_standard_services(router: axum::Router, names: &[&str], reflection: bool) -> Result<axum::Router, Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let served = proto::SERVICES.iter().filter(|(short, _)| names.contains(short)).map(|(_, full)| *full);
    for name in served {
        reporter.set_service_status(name, tonic_health::ServingStatus::Serving).await;
    }
    let mut routes = Routes::new(health);
    if reflection {
        let builder = || Builder::configure().register_encoded_file_descriptor_set(proto::DESCRIPTORS);
        routes = routes
            .add_service(builder().build_v1().map_err(Error::internal)?)
            .add_service(builder().build_v1alpha().map_err(Error::internal)?);
    }
    Ok(router.merge(routes.prepare().into_axum_router().reset_fallback()))
}
