namespace ModelTrack;

/// <summary>
/// Names a rule of docs/formats.md that the test proves: the heading that the rule stands under, without backticks, and the number that it has there,
/// such as "Packs 2". It stands right under [TestMethod], on a line of its own; a rule of several sentences may have several tests.
/// </summary>
/// <param name="name">DocumentedRulesTests reads it from the sources.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RuleAttribute(string name) : Attribute
{
    public string Name => name;
}
