Console.WriteLine("The app host composes the system.");
