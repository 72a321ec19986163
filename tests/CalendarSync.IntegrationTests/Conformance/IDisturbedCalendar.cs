namespace CalendarSync.IntegrationTests.Conformance;

/// <summary>A calendar between which and the provider things can go wrong.</summary>
public interface IDisturbedCalendar
{
    /// <summary>One more fault for the requests to come, drawn at random, and one that ends by itself at some time.</summary>
    void Disturb(Dice dice);

    /// <summary>No fault any more.</summary>
    void Heal();
}
