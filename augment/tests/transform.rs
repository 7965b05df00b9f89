//! Properties that hold for every image and every draw.

use std::sync::LazyLock;

use augment::affine::{Affine, AffineParameters, Warper};
use augment::draw::Draw;
use augment::transform::Transformer;
use expect_test::{Expect, expect};
use pipelines::spec::dataset_info::ImageShape;
use pipelines::tables::images::Images;
use proptest::prelude::*;

static BUNDLED: LazyLock<Images> = LazyLock::new(|| ingest::bundled::train().unwrap());

const IMAGE_SIDE: usize = 28;
const GREY: ImageShape = ImageShape::new(IMAGE_SIDE, IMAGE_SIDE, 1);

fn applied(draw: &Draw, image: &[u8]) -> Vec<u8> {
    applied_to(GREY, draw, image)
}

fn applied_to(shape: ImageShape, draw: &Draw, image: &[u8]) -> Vec<u8> {
    let mut transformed = vec![0; shape.len()];
    Transformer::new(shape).apply(draw, image, &mut transformed);
    transformed
}

fn warped(parameters: &AffineParameters, image: &[u8]) -> Vec<f32> {
    let mut warped = vec![0.0; GREY.len()];
    Warper::new(GREY).warp(&Affine::new(parameters, GREY), image, &mut warped);
    warped
}

/// Every second row, from black (a space) to white.
fn ascii(image: &[u8]) -> String {
    const RAMP: &[u8; 10] = b" .:-=+*#%@";
    let mut text = String::new();
    for row in image.chunks_exact(IMAGE_SIDE).step_by(2) {
        let line: String = row
            .iter()
            .map(|&pixel| char::from(RAMP[usize::from(pixel) * RAMP.len() / 256]))
            .collect();
        text.push_str(&format!("|{line}|\n"));
    }
    text
}

fn check(draw: &Draw, expected: Expect) {
    // The second training image: a T-shirt.
    expected.assert_eq(&ascii(&applied(draw, BUNDLED.image(1))));
}

#[test]
fn a_t_shirt_as_it_is() {
    check(
        &Draw::identity(),
        expect![[r#"
            |          .#=:..-*+         |
            |      *%%%####%#####%%%*    |
            |    .%###%@@@@@@@@@@%##%+   |
            |    #%%#%# :- =:::. %%%%@.  |
            |   .%%%%%% ..:    : #%%%%*  |
            |   =#%@@%#@@@@@@@@@@#%%%#=  |
            |       .%#%#%##%%#%#%=      |
            |        ##%#%%#%%#%%%-      |
            |        ###%%#%%%%#%%:      |
            |        %#%%%%%%%%%#%-      |
            |        ##%%%%%%%%%#%=      |
            |        #%%%%%%%%%%#%=      |
            |        #%%%%%%%%%%#%=      |
            |        #%%@@@@@@@@%%*      |
        "#]],
    );
}

#[test]
fn a_positive_rotation_turns_counterclockwise() {
    let draw = Draw {
        rotation_deg: 20.0,
        ..Draw::identity()
    };
    check(
        &draw,
        expect![[r#"
            |     :#=:..-*#@%%%%*.       |
            |      =#%@@%###%%##%%=      |
            |   .*%%###%@@*=:-%%%%%+.    |
            |  +%##%%+::::=#%-:#%%%%+    |
            | .*%%%%+.%%=:..:=*%#+       |
            |  #%%%%%=.-+#@@%#%#%=       |
            |  -%%%@%#%#####%%%%%#:      |
            |  :-:.:=%#%#%%#%%%##%*.     |
            |        -###%%#%%%%##%+.    |
            |         +##%%%%%%%%%#%=    |
            |          %##%%%%%%%%%##=   |
            |          :##%%%%%%%%%##*-  |
            |           =#%%%%%%%%@%*+-. |
            |            +#%%%#*======+- |
        "#]],
    );
}

#[test]
fn a_positive_tx_moves_left_and_a_positive_ty_up() {
    let draw = Draw {
        tx_px: 6.0,
        ty_px: 4.0,
        ..Draw::identity()
    };
    check(
        &draw,
        expect![[r#"
            |###%@@@@@@@@@@%##%+         |
            |%#%# :- =:::. %%%%@.        |
            |%%%% ..:    : #%%%%*        |
            |@@%#@@@@@@@@@@#%%%#=        |
            | .%#%#%##%%#%#%=            |
            |  ##%#%%#%%#%%%-            |
            |  ###%%#%%%%#%%:            |
            |  %#%%%%%%%%%#%-            |
            |  ##%%%%%%%%%#%=            |
            |  #%%%%%%%%%%#%=            |
            |  #%%%%%%%%%%#%=            |
            |  #%%@@@@@@@@%%*            |
            |  ++++++======+:            |
            |  ++++++======+:            |
        "#]],
    );
}

#[test]
fn a_zoom_factor_above_one_shrinks() {
    let draw = Draw {
        zx_factor: 1.5,
        zy_factor: 1.2,
        ..Draw::identity()
    };
    check(
        &draw,
        expect![[r#"
            |           .*:.:*.          |
            |           .*:.:*.          |
            |        :%%%##%###%%+       |
            |       :%#%***+++*%#%.      |
            |       #%%%:@+%%%.%%%=      |
            |      .#%%%++++=++%%%#      |
            |         :%%####%##.        |
            |          ###%#%#%#         |
            |          ##%%%%%##         |
            |          ##%%%%%##         |
            |          #%%%%%%##.        |
            |          #%%%%%%##.        |
            |          #%%%@@%%#.        |
            |          ++++=====         |
        "#]],
    );
}

#[test]
fn shear_slants() {
    let draw = Draw {
        shear_deg: 20.0,
        ..Draw::identity()
    };
    check(
        &draw,
        expect![[r#"
            |   -+#%%%%%%%#%#+:          |
            | =#%%%###########%%%.       |
            | =%##%#*++++++++*%#%%+      |
            | =%%%%%--*==++++:=%%%%+.    |
            | :%%%%%%..::....:.*%%%%*    |
            |  -*##%%%@@@@@@@@@%##**+:   |
            |       +%#%#%#%%%%#%*.      |
            |        *###%%#%%%%%%-      |
            |        .###%%%%%%%#%#:     |
            |         -%#%%%%%%%%#%*.    |
            |          *##%%%%%%%%#%+    |
            |           #%%%%%%%%%%##=   |
            |           -#%%%%%%%%%%#*:  |
            |            +#%%%%%%%%%%%*. |
        "#]],
    );
}

#[test]
fn a_flip_is_the_mirror_image() {
    let draw = Draw {
        flipped: true,
        rotation_deg: 20.0,
        ..Draw::identity()
    };
    check(
        &draw,
        expect![[r#"
            |       .*%%%%@#*-..:=#:     |
            |      =%%##%%###%@@%#=      |
            |    .+%%%%%-:=*@@%###%%*.   |
            |    +%%%%#:-%#=::::+%%##%+  |
            |       +#%*=:..:=%%.+%%%%*. |
            |       =%#%#%@@#+-.=%%%%%#  |
            |      :#%%%%%#####%#%@%%%-  |
            |     .*%##%%%#%%#%#%=:.:-:  |
            |    .+%##%%%%#%%###-        |
            |    =%#%%%%%%%%%##+         |
            |   =##%%%%%%%%%##%          |
            |  -*##%%%%%%%%%##:          |
            | .-+*%@%%%%%%%%#=           |
            | -+======*#%%%#+            |
        "#]],
    );
}

#[test]
fn little_contrast_is_grey() {
    let draw = Draw {
        contrast_factor: 0.3,
        ..Draw::identity()
    };
    check(
        &draw,
        expect![[r#"
            |::::::::::-+=----==-::::::::|
            |:::::-+++++++++++++++++=::::|
            |::::-+++++++++++++++++++=:::|
            |::::++++++:-=:=----:+++++-::|
            |:::-++++++:--------:+++++=::|
            |:::=+++++++++++++++++++++=::|
            |:::::::-+++++++++++++=::::::|
            |:::::::-+++++++++++++-:-::::|
            |::::::::+++++++++++++-:-::::|
            |::::::::+++++++++++++-::::::|
            |::::::::+++++++++++++=::::::|
            |::::::::+++++++++++++=::::::|
            |::::::::+++++++++++++=::::::|
            |::::::::+++++++++++++=::::::|
        "#]],
    );
}

fn draws() -> impl Strategy<Value = Draw> {
    (
        -180f32..180.0,
        -28f32..28.0,
        -28f32..28.0,
        -89f32..89.0,
        0.01f32..100.0,
        0.01f32..100.0,
        any::<bool>(),
        0f32..100.0,
    )
        .prop_map(
            |(
                rotation_deg,
                tx_px,
                ty_px,
                shear_deg,
                zx_factor,
                zy_factor,
                flipped,
                contrast_factor,
            )| Draw {
                rotation_deg,
                tx_px,
                ty_px,
                shear_deg,
                zx_factor,
                zy_factor,
                flipped,
                contrast_factor,
                ..Draw::identity()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn identity_parameters_give_the_identical_image(row in 0usize..1_600) {
        let image = BUNDLED.image(row);
        let warped = warped(&AffineParameters::IDENTITY, image);
        let same: Vec<f32> = image.iter().map(|&pixel| f32::from(pixel)).collect();
        prop_assert_eq!(&warped[..], &same[..]);
        prop_assert_eq!(applied(&Draw::identity(), image), image);
    }

    #[test]
    fn a_full_turn_gives_the_image_within_a_grey_level(row in 0usize..1_600) {
        let turned = applied(&Draw { rotation_deg: 360.0, ..Draw::identity() }, BUNDLED.image(row));
        for (turned, pixel) in turned.iter().zip(BUNDLED.image(row)) {
            prop_assert!(turned.abs_diff(*pixel) <= 1);
        }
    }

    #[test]
    fn flipping_twice_gives_the_same_image(row in 0usize..1_600) {
        let flip = Draw { flipped: true, ..Draw::identity() };
        prop_assert_eq!(applied(&flip, &applied(&flip, BUNDLED.image(row))), BUNDLED.image(row));
    }

    #[test]
    fn half_a_turn_is_both_mirror_images(row in 0usize..1_600) {
        let turned = applied(&Draw { rotation_deg: 180.0, ..Draw::identity() }, BUNDLED.image(row));
        let mut reversed = BUNDLED.image(row).to_vec();
        reversed.reverse();
        for (turned, pixel) in turned.iter().zip(reversed) {
            prop_assert!(turned.abs_diff(pixel) <= 1);
        }
    }

    #[test]
    fn a_warp_stays_between_the_darkest_and_the_lightest_pixel(draw in draws(), row in 0usize..1_600) {
        let image = BUNDLED.image(row);
        let darkest = f32::from(*image.iter().min().unwrap());
        let lightest = f32::from(*image.iter().max().unwrap());
        for pixel in warped(&draw.affine_parameters(), image) {
            prop_assert!((darkest - 1e-3..=lightest + 1e-3).contains(&pixel), "{pixel}");
        }
        applied(&draw, image);
    }

    #[test]
    fn whole_pixel_shifts_move_pixels_and_change_none(tx in -5i32..=5, ty in -5i32..=5, row in 0usize..1_600) {
        let image = BUNDLED.image(row);
        let draw = Draw { tx_px: tx as f32, ty_px: ty as f32, ..Draw::identity() };
        let shifted = applied(&draw, image);
        let last = IMAGE_SIDE as i32 - 1;
        for y in 0..=last {
            for x in 0..=last {
                let from = (y + ty).clamp(0, last) * IMAGE_SIDE as i32 + (x + tx).clamp(0, last);
                let pixel = shifted[(y * IMAGE_SIDE as i32 + x) as usize];
                prop_assert_eq!(pixel, image[from as usize]);
            }
        }
    }

    #[test]
    fn a_constant_image_stays_constant(draw in draws(), grey: u8) {
        let constant = vec![grey; GREY.len()];
        prop_assert_eq!(applied(&draw, &constant), constant);
    }

    #[test]
    fn each_channel_of_a_colour_image_is_transformed_as_a_grey_image(
        draw in draws(),
        first in 0usize..1_600,
        channels in 2usize..=4,
    ) {
        let grey = |channel: usize| BUNDLED.image((first + channel) % 1_600);
        let pixels = (0..GREY.len()).flat_map(|pixel| (0..channels).map(move |channel| grey(channel)[pixel]));
        let colour: Vec<u8> = pixels.collect();
        let transformed = applied_to(ImageShape { channels, ..GREY }, &draw, &colour);
        for channel in 0..channels {
            let found: Vec<u8> = transformed.iter().skip(channel).step_by(channels).copied().collect();
            prop_assert_eq!(found, applied(&draw, grey(channel)));
        }
    }

    /// Half a turn about the middle is both mirror images, whatever the sides.
    #[test]
    fn an_image_that_is_not_square_turns_about_its_middle(
        height in 1usize..40,
        width in 1usize..40,
        seed: u8,
    ) {
        let shape = ImageShape::new(height, width, 1);
        let image: Vec<u8> = (0..shape.len()).map(|pixel| (pixel as u8).wrapping_mul(31) ^ seed).collect();
        let turned = applied_to(shape, &Draw { rotation_deg: 180.0, ..Draw::identity() }, &image);
        for (turned, pixel) in turned.iter().zip(image.iter().rev()) {
            prop_assert!(turned.abs_diff(*pixel) <= 1, "{turned} {pixel}");
        }
    }
}
