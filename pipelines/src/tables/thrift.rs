//! Thrift in its compact protocol, passed over within bounds.
//!
//! The Parquet library reads a field by its number and does not look at the type that the file
//! gives it, and it passes over lists of booleans without reading a byte an element. A few bytes
//! could so keep it busy for hours, or make it read other sizes than a check before it. What passes
//! here has each known field in the type that it is read as, and no such lists.
//!
//! The protocol: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

/// What a known field is read as.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Its value is in its type.
    Boolean,
    /// Eight bits.
    Byte,
    /// 16, 32 or 64 bits: a varint in each case.
    Integer,
    /// Eight bytes.
    Double,
    /// Bytes or text after their length.
    Binary,
    /// Any number of one kind.
    List(&'static Self),
    /// Fields by number; others may be there too.
    Struct(&'static [(i16, Self)]),
}

/// Types of the compact protocol.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;
const UUID: u8 = 13;
/// Length in the first byte of a list that says that the length follows.
const LONG_LIST: u8 = 15;
/// Deepest nesting of fields that are not known.
const DEEPEST: usize = 16;

/// What is left to read.
#[derive(Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
    /// Numbers of the fields around the one in hand.
    path: Vec<i16>,
}

impl<'a> Input<'a> {
    /// Begins at the first of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            path: Vec::new(),
        }
    }

    /// Bytes that are left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Passes over a struct with `known` fields and hands `integer` the path of field numbers and
    /// the value of each [`Kind::Integer`] among them. `None` if it is not sound.
    pub fn fields(
        &mut self,
        known: &[(i16, Kind)],
        integer: &mut impl FnMut(&[i16], i64),
    ) -> Option<()> {
        let mut number = 0;
        loop {
            let (next, wire) = self.field_header(number)?;
            if wire == STOP {
                return Some(());
            }
            number = next;
            self.path.push(number);
            match known.iter().find(|(known, _)| *known == number) {
                Some((_, kind)) => self.value(*kind, wire, integer)?,
                None => self.skip(wire, 0)?,
            }
            self.path.pop();
        }
    }

    fn value(&mut self, kind: Kind, wire: u8, integer: &mut impl FnMut(&[i16], i64)) -> Option<()> {
        match (kind, wire) {
            (Kind::Integer, I16 | I32 | I64) => {
                let value = self.integer()?;
                integer(&self.path, value);
                Some(())
            }
            (Kind::List(kind), LIST) => {
                let (wire, length) = self.list_header()?;
                (0..length).try_for_each(|_| self.value(*kind, wire, integer))
            }
            (Kind::Struct(known), STRUCT) => self.fields(known, integer),
            (Kind::Boolean, TRUE | FALSE)
            | (Kind::Byte, BYTE)
            | (Kind::Double, DOUBLE)
            | (Kind::Binary, BINARY) => self.skip(wire, 0),
            _ => None,
        }
    }

    /// Passes over a value that nobody reads.
    fn skip(&mut self, wire: u8, depth: usize) -> Option<()> {
        match wire {
            TRUE | FALSE => Some(()),
            BYTE => self.pass(1),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.pass(8),
            UUID => self.pass(16),
            BINARY => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.pass(length)
            }
            STRUCT if depth < DEEPEST => loop {
                let (_, wire) = self.field_header(0)?;
                if wire == STOP {
                    return Some(());
                }
                self.skip(wire, depth + 1)?;
            },
            LIST | SET if depth < DEEPEST => {
                let (wire, length) = self.list_header()?;
                (0..length).try_for_each(|_| self.skip(wire, depth + 1))
            }
            _ => None,
        }
    }

    /// Number and type of the next field of a struct; `last` is the number of the one before.
    fn field_header(&mut self, last: i16) -> Option<(i16, u8)> {
        let byte = self.byte()?;
        let (step, wire) = (i16::from(byte >> 4), byte & 0x0f);
        let number = match (wire, step) {
            (STOP, _) => 0,
            (_, 0) => i16::try_from(self.integer()?).ok()?,
            (_, step) => last.checked_add(step)?,
        };
        Some((number, wire))
    }

    /// Type and number of the elements of a list, each of which takes a byte or more.
    fn list_header(&mut self) -> Option<(u8, usize)> {
        let byte = self.byte()?;
        let wire = byte & 0x0f;
        let length = match byte >> 4 {
            LONG_LIST => usize::try_from(self.varint()?).ok()?,
            length => usize::from(length),
        };
        let empty_bytes = length > 0 && [STOP, TRUE, FALSE].contains(&wire);
        (length <= self.rest.len() && !empty_bytes).then_some((wire, length))
    }

    fn pass(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A signed number: zigzag in a varint.
    fn integer(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(i16, Kind); 2] = [(1, Kind::Integer), (2, Kind::List(&Kind::Integer))];

    /// What is left after a struct with [`KNOWN`] fields, and its integers.
    fn read(bytes: &[u8]) -> Option<(usize, Vec<i64>)> {
        let mut integers = Vec::new();
        let mut input = Input::new(bytes);
        input.fields(&KNOWN, &mut |_, value| integers.push(value))?;
        Some((input.rest().len(), integers))
    }

    #[test]
    fn known_integers_are_told_and_other_fields_passed_over() {
        // 1: -2; 2: [3, -4]; 9: "ab"; 10: {1: true}; end; one byte of something else.
        let bytes = [
            0x15, 3, 0x19, 0x25, 6, 7, 0x78, 2, b'a', b'b', 0x1c, 0x11, 0, 0, 99,
        ];
        assert_eq!(read(&bytes), Some((1, vec![-2, 3, -4])));
        for length in 0..bytes.len() - 1 {
            assert_eq!(read(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_known_field_of_another_type_is_refused() {
        assert_eq!(read(&[0x11, 0]), None);
        assert_eq!(read(&[0x18, 1, b'a', 0]), None);
    }

    #[test]
    fn lists_whose_elements_take_no_bytes_and_lists_longer_than_the_input_are_refused() {
        assert_eq!(read(&[0x99, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07, 0]), None);
        assert_eq!(read(&[0x99, 0x11, 0]), None);
        assert_eq!(read(&[0x99, 0xf3, 100, 0, 0]), None);
        assert_eq!(read(&[0x9b, 0xff, 0xff, 0xff, 0x07, 0x11, 0]), None);
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(read(&[0x9c; 10_000]), None);
    }
}
