namespace HomeAssistant.Intents;

/// <summary>How a model was trained and how it did on sentences that it had not seen.</summary>
internal sealed record ModelMetrics(int TrainedOn, int HeldOut, int HeldOutRight)
{
    public double Accuracy => (double)HeldOutRight / HeldOut;

    public override string ToString() =>
        FormattableString.Invariant($"Held-out accuracy {100 * Accuracy:F1} % ({HeldOutRight} of {HeldOut})");
}
