//! Significant digits of floats by Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers
//! Quickly and Accurately with Integers", 2010), with the choices of Nix's JSON library
//! (nlohmann): the digits read back as the same float and are nearly always, but not always, the
//! shortest that do. No layout of numbers here.

/// `significand * 2^exponent`
#[derive(Clone, Copy)]
struct Scaled {
    significand: u64,
    exponent: i32,
}

impl Scaled {
    fn normalized(self) -> Self {
        let shift = self.significand.leading_zeros();
        Self {
            significand: self.significand << shift,
            exponent: self.exponent - shift as i32,
        }
    }

    /// The upper half of the product, rounded.
    fn times(self, other: Self) -> Self {
        let product = u128::from(self.significand) * u128::from(other.significand);
        Self {
            significand: ((product + (1 << 63)) >> 64) as u64,
            exponent: self.exponent + other.exponent + 64,
        }
    }
}

const FIRST_POWER: i32 = -300;
const POWER_STEP: i32 = 8;

/// The significands, of 64 bits, of 10^-300, 10^-292 and so on up to 10^324.
#[rustfmt::skip]
const POWERS: [u64; 79] = [
    0xab70_fe17_c79a_c6ca, 0xff77_b1fc_bebc_dc4f, 0xbe56_91ef_416b_d60c,
    0x8dd0_1fad_907f_fc3c, 0xd351_5c28_3155_9a83, 0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb, 0xaecc_4991_4078_536d, 0x823c_1279_5db6_ce57,
    0xc210_9436_4dfb_5637, 0x9096_ea6f_3848_984f, 0xd774_85cb_2582_3ac7,
    0xa086_cfcd_97bf_97f4, 0xef34_0a98_172a_ace5, 0xb238_67fb_2a35_b28e,
    0x84c8_d4df_d2c6_3f3b, 0xc5dd_4427_1ad3_cdba, 0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584, 0xa3ab_6658_0d5f_daf6, 0xf3e2_f893_dec3_f126,
    0xb5b5_ada8_aaff_80b8, 0x8762_5f05_6c7c_4a8b, 0xc9bc_ff60_34c1_3053,
    0x964e_858c_91ba_2655, 0xdff9_7724_7029_7ebd, 0xa6df_bd9f_b8e5_b88f,
    0xf8a9_5fcf_8874_7d94, 0xb944_7093_8fa8_9bcf, 0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6, 0x993f_e2c6_d07b_7fac, 0xe45c_10c4_2a2b_3b06,
    0xaa24_2499_6973_92d3, 0xfd87_b5f2_8300_ca0e, 0xbce5_0864_9211_1aeb,
    0x8cbc_cc09_6f50_88cc, 0xd1b7_1758_e219_652c, 0x9c40_0000_0000_0000,
    0xe8d4_a510_0000_0000, 0xad78_ebc5_ac62_0000, 0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3, 0x8f7e_32ce_7bea_5c70, 0xd5d2_38a4_abe9_8068,
    0x9f4f_2726_179a_2245, 0xed63_a231_d4c4_fb27, 0xb0de_6538_8cc8_ada8,
    0x83c7_088e_1aab_65db, 0xc45d_1df9_4271_1d9a, 0x924d_692c_a61b_e758,
    0xda01_ee64_1a70_8dea, 0xa26d_a399_9aef_774a, 0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877, 0x865b_8692_5b9b_c5c2, 0xc835_53c5_c896_5d3d,
    0x952a_b45c_fa97_a0b3, 0xde46_9fbd_99a0_5fe3, 0xa59b_c234_db39_8c25,
    0xf6c6_9a72_a398_9f5c, 0xb7dc_bf53_54e9_bece, 0x88fc_f317_f222_41e2,
    0xcc20_ce9b_d35c_78a5, 0x9816_5af3_7b21_53df, 0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396, 0xfb9b_7cd9_a4a7_443c, 0xbb76_4c4c_a7a4_4410,
    0x8bab_8eef_b640_9c1a, 0xd01f_ef10_a657_842c, 0x9b10_a4e5_e991_3129,
    0xe710_9bfb_a19c_0c9d, 0xac28_20d9_623b_f429, 0x8044_4b5e_7aa7_cf85,
    0xbf21_e440_03ac_dd2d, 0x8e67_9c2f_5e44_ff8f, 0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9,
];

/// The least power of ten in the table by which a number of this binary exponent gets one of
/// -60..=-32, and its decimal exponent.
fn power_for(exponent: i32) -> (Scaled, i32) {
    let missing = -61 - exponent;
    // 78913 / 2^18 is the decimal logarithm of two.
    let decimal = missing * 78_913 / (1 << 18) + i32::from(missing > 0);
    let index = (decimal - FIRST_POWER + POWER_STEP - 1) / POWER_STEP;
    let decimal = FIRST_POWER + index * POWER_STEP;
    let power = Scaled {
        significand: POWERS[index as usize],
        // 217706 / 2^16 is the binary logarithm of ten.
        exponent: ((decimal * 217_706) >> 16) - 63,
    };
    (power, decimal)
}

/// The digits of a positive finite float, and the decimal exponent of the last of them.
#[must_use]
pub(super) fn digits(value: f64) -> (String, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = (bits >> 52) as i32 & 0x7ff;
    let (significand, exponent) = if biased == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, biased - 1075)
    };
    let upper = Scaled {
        significand: 2 * significand + 1,
        exponent: exponent - 1,
    }
    .normalized();
    // Below a power of two the floats lie twice as dense.
    let (lower, lower_exponent) = if fraction == 0 && biased > 1 {
        (4 * significand - 1, exponent - 2)
    } else {
        (2 * significand - 1, exponent - 1)
    };
    let lower = Scaled {
        significand: lower << (lower_exponent - upper.exponent),
        exponent: upper.exponent,
    };
    let exact = Scaled {
        significand,
        exponent,
    }
    .normalized();
    let (power, decimal) = power_for(upper.exponent);
    let upper = upper.times(power);
    // One unit off each bound covers the rounding of the products.
    let high = Scaled {
        significand: upper.significand - 1,
        ..upper
    };
    let low = lower.times(power).significand + 1;
    generate(low, exact.times(power).significand, high, -decimal)
}

/// Digits of `high`, as many as it takes to stay above `low`, then moved towards `exact`.
fn generate(low: u64, exact: u64, high: Scaled, decimal: i32) -> (String, i32) {
    let shift = -high.exponent;
    let one = 1_u64 << shift;
    let mut allowed = high.significand - low;
    let mut distance = high.significand - exact;
    let mut whole = high.significand >> shift;
    let mut fraction = high.significand & (one - 1);
    let mut digits = Vec::new();

    let length = whole.checked_ilog10().map_or(1, |log| log + 1);
    for left in (0..length).rev() {
        let unit = 10_u64.pow(left);
        digits.push((whole / unit) as u8);
        whole %= unit;
        let rest = (whole << shift) + fraction;
        if rest <= allowed {
            approach(&mut digits, distance, allowed, rest, unit << shift);
            return (text(&digits), decimal + left as i32);
        }
    }
    let mut decimal = decimal;
    loop {
        fraction *= 10;
        allowed *= 10;
        distance *= 10;
        decimal -= 1;
        digits.push((fraction >> shift) as u8);
        fraction &= one - 1;
        if fraction <= allowed {
            approach(&mut digits, distance, allowed, fraction, one);
            return (text(&digits), decimal);
        }
    }
}

/// Lowers the last digit, worth `unit`, while that brings the number nearer to the exact one.
fn approach(digits: &mut [u8], distance: u64, allowed: u64, mut rest: u64, unit: u64) {
    let Some(last) = digits.last_mut() else {
        return;
    };
    while rest < distance
        && allowed - rest >= unit
        && (rest + unit < distance || distance - rest > rest + unit - distance)
    {
        *last -= 1;
        rest += unit;
    }
}

fn text(digits: &[u8]) -> String {
    digits
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_not_always_the_shortest() {
        for (value, expected, exponent) in [
            (1.0, "1", 0),
            (0.1, "1", -1),
            (1e23, "9999999999999999", 7),
            (5e22, "49999999999999996", 6),
            (5e-324, "5", -324),
            (f64::MIN_POSITIVE, "22250738585072014", -324),
            (f64::MAX, "17976931348623157", 292),
        ] {
            assert_eq!(digits(value), (expected.to_owned(), exponent));
        }
    }

    proptest! {
        #[test]
        fn digits_read_back_as_the_same_float(bits in 1_u64..0x7ff0_0000_0000_0000) {
            let value = f64::from_bits(bits);
            let (digits, exponent) = digits(value);
            prop_assert_eq!(format!("{digits}e{exponent}").parse::<f64>(), Ok(value));
        }
    }
}
