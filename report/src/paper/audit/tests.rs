use std::fmt::Write;

use expect_test::expect;

use super::*;
use crate::evaluated::Tables;
use pipelines::spec::Spec;
use pipelines::tables::metrics::{ONE_RUN_EACH, OVER_SEEDS, PublishedDifference};

fn text(tables: &Tables) -> String {
    let spec = Spec::load("paper").unwrap();
    let paper = Paper::of(&spec, tables, &[]).unwrap();
    let mut text = String::new();
    for finding in findings(&paper) {
        for quote in &finding.quotes {
            let _ = writeln!(text, "{}: {}", quote.source, quote.text);
        }
        let _ = writeln!(
            text,
            "  {}\n  => {}",
            finding.recomputation, finding.verdict
        );
    }
    text
}

#[test]
fn the_audit_of_the_study_is_computed_from_the_published_numbers() {
    expect![[r#"
        Table 1: Misclassification Rate
        Table 1: Train-Test Accuracy (Delta)
          8 of 8 rates are 100 % − test accuracy; 8 of 8 deltas are highest train − test accuracy.
          => holds
        Figure 7: The other accuracy measures generated for Model 7 of precision, recall (sensitivity/TPR), and F1-score.
        Figure 8: The other accuracy measures generated for Model 8 of precision, recall (sensitivity/TPR), and F1-score.
        Results: Shirts were by far the most confused category (for Model 7 only 667 correct predictions, where the second worst was 758 for pullovers).
          Each class has 1,000 test images, so accuracy is mean recall. It is 88.5 % in Figure 7 (88.0 to 89.0 % with rounding), and Table 1 gives model-7 an accuracy of 91.73 %. It is 90.4 % in Figure 8 (89.9 to 90.9 % with rounding), and Table 1 gives model-8 an accuracy of 87.22 %. Figure 8 is the report of the less accurate model, but its F1 is at least as high as that of Figure 7 in 10 of 10 classes. The counts in the text are the recalls of Figure 7. The two reports may be exchanged and may come from other runs than the table.
          => contradicted
        Results: This is also reflected in the accuracy measures as shirts had by far the worst F1-score (69%) followed by: pullovers (78%), coats (80%), and t-shirts (84%).
          4 of 4 are those of Figure 7. 20 of 20 F1 values in Figure 7 and Figure 8 are the harmonic mean of their precision and recall, with rounding.
          => holds
        Models and Methods, of Model 1: It also had a training batch size of 64, and a training validation split of 80:20.
        Models and Methods: The next 6 models were variations of this model with different parameters adjusted in order to determine their effect on the resultant accuracy.
          model-5 and model-6 have the same validation and test accuracy to two decimals. If the two are of different images and the network is equally good on both, the chance of 2 such coincidences or more among 8 models is 0.0026. The paper does not say how these models were validated; the test images are one possibility.
          => unlikely by chance
        Table 1, caption: Accuracy measures of the 8 models generated evaluated by Accuracy and Overfitting show that Model 9 is the champions with a test accuracy of 91.73% (highlighted red).
          The table has 8 models; 91.73 % is model-7.
          => contradicted
        Results: Of the 8 models generated, 3 models had an accuracy greater than the baseline model (2, 3, and 7).
          Above model-1 are model-2, model-3 and model-7.
          => holds
        Table 1: Comments: increasing epochs decreased accuracy, due to overfitting
          model-3 − model-2: −0.20 points. No runs of both are here to say how large the noise is.
          => holds
        Results: Model 4 also showed a high metric for overfitting (Delta: >5%) and accuracy decreased by 1%.
        Conclusion: Adjusting dropout rates and layers had a negative effect.
        Results: As previously adjusting the neuron layers in Model 2 did not appear to be effective, it was suspected that the dropout rates/layers were causing the decrease in accuracy (and this was tested by individually removing them and re-running the model).
          model-4 − model-2: −1.26 points. No runs of both are here to say how large the noise is. The table changes 4 settings at once: batch normalization, dense units, dropout rate, dropout. The paper also ran them one by one and prints no figures of those runs.
          => holds
        Conclusion: In total, 8 CNNs were modeled on the Fashion MNIST dataset generating a range of accuracy from 87.22% to 91.73% representing an increase from the baseline model provided by the classroom of 17-21%.
          Against 70 %: 17.2 to 21.7 percentage points, or 25 to 31 % more; the upper figure is cut off, not rounded.
          => imprecise
        Results: This is only 1% above the baseline Model 1's performance of 90.49%.
          +1.24 percentage points, which rounds to 1; 13 % fewer errors.
          => holds
        Introduction: The Fashion MNIST dataset has already been studied by many using a variety of mechanisms, and a previous study was able to attain a 99.37% accuracy (Kadam et al., 2020).
        Results: Many previous analyses of this dataset have been able to achieve >75% and some of the best from Kadam et al. show accuracy of ~93% (2020)(the example CNN provided by the classroom yielded a test accuracy of 70% [Knode, n.d.]).
          The two differ by 6.37 points.
          => inconsistent
        Table 3, dropout rate of Model 7: 0.5
        Figure 3: model7.add(layers.Dropout(0.2)) # Added dropout for regularization
          The two differ by 0.30 in the rate.
          => inconsistent
        Table 1, on overfitting: Comments: Added batch normalization layer after each convolutional layer increased overfitting
        Results: The batch normalization layers appeared to make no difference (and was tested by removing/keeping them).
          One sentence says a rise, the other no effect. In the table model-4 has 89.64 % test accuracy and a delta of +5.40, model-2 90.90 % and +3.77; they differ in other things too.
          => inconsistent
        Results, on accuracy: Then, each parameter was adjusted in order to see what items would increase accuracy: increasing the filter number and dense layer neurons both helped to increase it.
        Conclusion: Adjusting dense layer number or neuron count didn't seem to have an effect on accuracy.
          One sentence says a rise, the other no effect. In the table model-7 has 91.73 % test accuracy and a delta of +3.66, model-2 90.90 % and +3.77; they differ in other things too.
          => inconsistent
        Table 3: Comments: Model2 adjusted to increase the dense layer neurons, and increase batch size
        Results: Then, each parameter was adjusted in order to see what items would increase accuracy: increasing the filter number and dense layer neurons both helped to increase it.
          5 settings differ from model-2: conv2d filters, dense units, dropout rate, epochs, batch size. The sentences name 3.
          => imprecise
        Table 3: Comments: Example CNN from TensorFlow (n.d.) adjusted neuron count and epoch number
        Table 3, convolutional layers of Model 8: N/A
          The table gives it 0 convolutional layers and the spec 0. Without one it is a multilayer perceptron.
          => contradicted
    "#]].assert_eq(&text(&Tables::default()));
}

#[test]
fn a_difference_counts_when_it_is_beyond_the_noise_of_single_runs() {
    let row = |model: &str, against: &str, difference, p| PublishedDifference {
        model: model.to_owned(),
        against: against.to_owned(),
        published_difference: difference,
        scope: OVER_SEEDS.to_owned(),
        noise_std_error: 0.005,
        z: difference / 0.005,
        p_value: p,
        p_value_corrected: p,
        beyond_noise: p < 0.05,
    };
    let mut tables = Tables {
        published_differences: vec![
            row("model-2", "model-1", 0.0041, 0.9),
            row("model-3", "model-1", 0.0021, 0.9),
            row("model-7", "model-1", 0.0124, 0.06),
            row("model-3", "model-2", -0.0020, 0.9),
            row("model-4", "model-2", -0.0126, 0.01),
        ],
        ..Tables::default()
    };
    let of = |tables: &Tables| -> String {
        let text = text(tables);
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("the noise"));
        lines.collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
          Above model-1 are model-2, model-3 and model-7. model-2: +0.41 points, z = +0.8, corrected p = 0.90, within the noise; model-3: +0.21 points, z = +0.4, corrected p = 0.90, within the noise; model-7: +1.24 points, z = +2.5, corrected p = 0.060, within the noise. The noise is that of one run of each on the paper's number of test images, with the spread over our seeds; p is corrected for 5 comparisons (Holm).
          model-3 − model-2: −0.20 points, z = −0.4, corrected p = 0.90, within the noise. The noise is that of one run of each on the paper's number of test images, with the spread over our seeds; p is corrected for 5 comparisons (Holm).
          model-4 − model-2: −1.26 points, z = −2.5, corrected p = 0.010, beyond the noise. The noise is that of one run of each on the paper's number of test images, with the spread over our seeds; p is corrected for 5 comparisons (Holm). The table changes 4 settings at once: batch normalization, dense units, dropout rate, dropout. The paper also ran them one by one and prints no figures of those runs."#]].assert_eq(&of(&tables));
    for row in &mut tables.published_differences {
        row.scope = ONE_RUN_EACH.to_owned();
    }
    assert!(of(&tables).contains("without the spread over seeds"));
}
