use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;

use tokio::net::TcpSocket;

/// How many connections may wait in each queue. The system may allow fewer.
const BACKLOG: u32 = 1024;

/// Accept queues on one address. The system distributes the connections among them.
pub struct Listeners {
    queues: Vec<TcpListener>,
    address: SocketAddr,
}

impl Listeners {
    /// Listens on `address` with so many queues. Call it on a runtime. With port 0, all queues get
    /// the same port.
    ///
    /// If another socket listens on the address, this fails (`AddrInUse`), even if that socket
    /// allows others beside it. The first socket allows the others only after it has got the
    /// address.
    pub fn bind(address: SocketAddr, queues: NonZero<usize>) -> io::Result<Self> {
        let first = socket(address)?;
        first.bind(address)?;
        let address = first.local_addr()?;
        if queues.get() > 1 {
            allow_others(&first)?;
        }
        let first = first.listen(BACKLOG)?.into_std()?;
        let others = (1..queues.get()).map(|_| beside(&first, address));
        let others = others.collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            queues: std::iter::once(first).chain(others).collect(),
            address,
        })
    }

    /// Takes a socket that already listens, such as one that systemd opened. All queues are this
    /// one.
    pub fn of_socket(socket: &TcpListener, queues: NonZero<usize>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let queues = (0..queues.get()).map(|_| socket.try_clone());
        Ok(Self {
            queues: queues.collect::<io::Result<_>>()?,
            address: socket.local_addr()?,
        })
    }

    /// The address, with the actual port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn into_queues(self) -> Vec<TcpListener> {
        self.queues
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // With this, a restarted server doesn't have to wait until the system forgets the old
    // connections.
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn allow_others(first: &TcpSocket) -> io::Result<()> {
    first.set_reuseport(true)
}

#[cfg(target_os = "linux")]
fn beside(_first: &TcpListener, address: SocketAddr) -> io::Result<TcpListener> {
    let another = socket(address)?;
    another.set_reuseport(true)?;
    another.bind(address)?;
    another.listen(BACKLOG)?.into_std()
}

/// Other systems don't distribute connections, so all loops take from one queue.
#[cfg(not(target_os = "linux"))]
fn allow_others(_first: &TcpSocket) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn beside(first: &TcpListener, _address: SocketAddr) -> io::Result<TcpListener> {
    first.try_clone()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const QUEUES: NonZero<usize> = NonZero::new(3).unwrap();

    fn refusal(bound: io::Result<Listeners>) -> io::ErrorKind {
        bound.map(|_| ()).unwrap_err().kind()
    }

    #[tokio::test]
    async fn all_queues_have_the_port_that_the_first_got() {
        for any_port in [
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        ] {
            let listeners = Listeners::bind(any_port, QUEUES).unwrap();
            let address = listeners.local_addr();
            assert_ne!(address.port(), 0);
            let queues = listeners.into_queues();
            assert_eq!(queues.len(), QUEUES.get());
            assert!(
                queues
                    .iter()
                    .all(|queue| queue.local_addr().unwrap() == address)
            );
        }
    }

    #[tokio::test]
    async fn an_address_in_use_is_refused_whoever_uses_it_and_however() {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let ours = Listeners::bind(any_port, QUEUES).unwrap();
        let alone = TcpListener::bind(any_port).unwrap();
        for taken in [ours.local_addr(), alone.local_addr().unwrap()] {
            for queues in [NonZero::<usize>::MIN, QUEUES] {
                let refused = refusal(Listeners::bind(taken, queues));
                assert_eq!(refused, io::ErrorKind::AddrInUse);
            }
        }
    }
}
