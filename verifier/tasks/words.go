package tasks

import "strings"

// words are everyday English words of 4 to 12 letters, for questions about letters.
var words = strings.Fields(`
apple banana cherry orange lemon melon peach grape mango papaya carrot potato tomato onion garlic pepper cabbage
lettuce spinach pumpkin cucumber mushroom bread butter cheese coffee sugar honey yogurt noodle biscuit chocolate
table chair window curtain carpet pillow blanket mirror ladder hammer needle pencil paper letter envelope bottle
glass spoon kettle bucket basket umbrella suitcase wallet pocket button collar sweater jacket trousers slipper
river mountain valley forest meadow desert island harbour village bridge tunnel railway station airport corner
market kitchen garden balcony cellar attic library museum theatre hospital school office factory village castle
monkey rabbit squirrel elephant giraffe kangaroo crocodile tortoise penguin pelican sparrow pigeon butterfly
beetle spider dolphin salmon lobster horse donkey sheep chicken turkey goose kitten puppy hamster
morning evening midnight yesterday tomorrow summer winter autumn season weather thunder lightning rainbow
snowflake puddle breeze storm planet comet galaxy rocket engine wheel pedal bicycle tractor lorry ferry
doctor teacher farmer sailor painter builder baker butcher tailor barber singer dancer writer lawyer soldier
mother father sister brother cousin uncle nephew neighbour friend stranger visitor
yellow purple violet silver golden scarlet crimson turquoise
happy gentle clever honest stubborn curious careful nervous cheerful generous patient hungry thirsty
running swimming jumping laughing whispering thinking sleeping cooking reading writing drawing building
success address committee balloon parallel possess assessment mississippi bookkeeper tennessee addition
opposite millennium accommodate embarrass occurrence necessary rhythm queue banana strawberry raspberry
blueberry blackberry cranberry gooseberry question answer number letter sentence paragraph chapter
`)
