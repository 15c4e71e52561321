//! A proxy that cuts a connection in the middle of a packet.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

pub struct Proxy {
    pub port: u16,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    /// Each connection is cut once it has carried so many bytes towards the broker, `cuts` times;
    /// the later ones live.
    pub fn start(broker: u16, bytes: usize, cuts: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let left = Arc::new(AtomicUsize::new(cuts));
        let here = left.clone();
        thread::spawn(move || {
            for (number, client) in listener.incoming().flatten().enumerate() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)) else {
                    continue;
                };
                // A different byte of a packet each time.
                let room = (here.load(Ordering::SeqCst) > 0).then_some(bytes + number * 7);
                let here = here.clone();
                carry(
                    server.try_clone().expect("a socket"),
                    client.try_clone().expect("one"),
                    None,
                    || {},
                );
                carry(client, server, room, move || {
                    here.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Proxy { port, cuts: left }
    }

    /// How often it will still cut.
    pub fn left(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    mut room: Option<usize>,
    cut: impl FnOnce() + Send + 'static,
) {
    thread::spawn(move || {
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let allowed = room.map_or(count, |room| room.min(count));
            if to.write_all(&bytes[..allowed]).is_err() {
                break;
            }
            if let Some(room) = &mut room {
                *room -= allowed;
                if *room == 0 {
                    cut();
                    break;
                }
            }
        }
        // Both ends see it at once; they may have gone already.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
