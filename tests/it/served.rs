//! A *served* handler is an HTTP server on a thread of its own, which stops when it is dropped.

use axum::{Router, extract::Request, response::Response};
use std::{net::Ipv4Addr, sync::mpsc, thread::JoinHandle};
use tokio::{net::TcpListener, runtime, sync::oneshot};

pub(crate) struct Served {
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves every request by one handler.
    pub(crate) fn start<H, A>(handler: H) -> Self
    where
        H: Fn(Request) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut runtime = runtime::Builder::new_current_thread();
            runtime.enable_all().build().unwrap().block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                send.send(listener.local_addr().unwrap()).unwrap();
                let router = Router::new().fallback(handler);
                // Nobody waits for a client that keeps its connection open and says nothing.
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            url: format!("http://{}", receive.recv().unwrap()),
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server stops in peace");
        }
    }
}
