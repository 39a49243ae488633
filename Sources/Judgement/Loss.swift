/// What the figure is that is called loss everywhere.
package enum Loss {
    /// In a sentence.
    package static let meaning =
        "The loss of a sample is the cross-entropy: −ln of the probability that its class was given, in nats (units of "
        + "the natural logarithm); 0 is perfect."
}
